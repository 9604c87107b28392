"""A child and its mother are two cases that know of one another: who is told what, and that neither is left behind without a word."""

from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.held import find_held, open_held
from services.intake.casefile.domain.case import Case, CaseState, WrongMove
from services.intake.casefile.domain.dependant import DependantLink, NewLink
from services.intake.casefile.domain.pair import OneCase
from services.intake.rights.held import HELD
from tests.intake.making import AGENCY, NOW, SHELTER, acceptance_of, bodies, disclosure, open_case, recall_of
from tests.intake.test_custody import a_move
from tests.listing import staff_changed, staff_of

MOTHER, WORKER, COLLEAGUE = {"cor_FullName": "Sok Dara"}, "th.case_worker", "th.colleague"
PERSON = text("select person_id from intake.cases where id = :id")
CHANGED = "dependants.changed.v1"


@pytest.fixture(autouse=True)
def granted(intake, monkeypatch):
    async def closed(disclosures):
        return dict.fromkeys(disclosures)

    monkeypatch.setattr(intake.service.parts.grants, "closed", closed)


async def ask(intake, method, path, body=None, role="case_worker", status=200, **who):
    headers = {**intake.as_(role, **who), **({"If-Match": "*"} if method != "GET" else {})}
    answer = await intake.client.request(method, f"/v1/{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def beside(intake, case_id, **who):
    return (await ask(intake, "GET", f"cases/{case_id}/dependants", **who))["items"]


async def assigned(intake, case_id, *workers) -> None:
    body = {"organisation": "th-care-agency", "workers": list(workers)}
    await ask(intake, "POST", f"cases/{case_id}/assignment", body, role="supervisor")


async def mother_and_child(intake, **child) -> tuple[UUID, UUID]:
    mother = await open_case(intake, fields=MOTHER)
    await assigned(intake, mother, WORKER)
    body = {"relation": "child", **child}
    opened = await ask(
        intake, "POST", f"cases/{mother}/dependants", body, role="screening_officer", status=201
    )
    return mother, UUID(opened["id"])


async def said(intake) -> list[tuple[str, str, bool]]:
    changes = bodies(await intake.said(), CHANGED)
    return [(one["case_id"], one["change"], one["linked_here"]) for one in changes]


async def test_a_child_is_a_case_of_its_own_with_the_channel_and_the_workers_of_its_mother(intake):
    mother, child = await mother_and_child(
        intake, fields={"prs_Birthdate": "2024~"}, flags=["medical_emergency"]
    )
    hers, its = [await ask(intake, "GET", f"cases/{one}") for one in (mother, child)]
    assert (its["channel"], its["workers"], its["urgency"], its["linked"]) == (
        hers["channel"], [WORKER], "immediate", 1,
    )  # fmt: skip
    assert hers["urgency"] != "immediate"
    fields = await ask(intake, "GET", f"cases/{child}/fields")
    assert (fields["fields"], fields["flags"]) == ({"prs_Birthdate": "2024~"}, ["medical_emergency"])
    assert await said(intake) == [(str(mother), "linked", True), (str(child), "linked", True)]


async def test_whoever_reads_both_sees_who_it_is_and_whoever_reads_one_that_there_is_somebody(intake):
    mother, child = await mother_and_child(intake)
    (shown,) = await beside(intake, mother)
    assert (shown["relation"], shown["depends"], shown["other"]["id"], shown["here"]) == (
        "child", True, str(child), True,
    )  # fmt: skip
    (from_child,) = await beside(intake, child)
    assert (from_child["depends"], from_child["other"]["id"]) == (False, str(mother))
    await assigned(intake, child, COLLEAGUE)
    for case, worker in ((mother, WORKER), (child, COLLEAGUE)):
        (shown,) = await beside(intake, case, sub=worker)
        assert {name for name, value in shown.items() if value is not None} == {
            "id", "case_id", "here", "linked_at", "moves",
        }  # fmt: skip
    read = [
        b["case_id"] for b in bodies(await intake.said(), "record.read.v1") if b["resource"] == "dependants"
    ]
    assert read[-2:] == [str(mother), str(child)]


async def test_who_poses_as_her_husband_is_cut_off_from_her_side_alone_and_his_is_shown_nothing_of_it(intake):
    her, his = await open_case(intake, fields=MOTHER), await open_case(intake)
    await assigned(intake, her, WORKER)
    body = {"other_case_id": str(his), "relation": "spouse"}
    link = await ask(intake, "POST", f"cases/{her}/dependants/link", body, status=201)
    await assigned(intake, his, COLLEAGUE)
    ended = f"cases/{her}/dependants/{link['id']}/unlink"
    await ask(intake, "POST", ended, {"reason": "danger"}, sub=WORKER)
    assert await beside(intake, his, sub=COLLEAGUE) == []
    assert (await ask(intake, "GET", f"cases/{his}", sub=COLLEAGUE))["linked"] == 0
    (kept,) = await beside(intake, her, role="supervisor")
    assert (kept["relation"], kept["reason"], kept["moves"]) == ("spouse", "danger", [])
    await ask(intake, "POST", ended, {"reason": "danger"}, sub=WORKER, status=409)
    await ask(intake, "POST", f"cases/{her}/dependants/link", body, role="supervisor", status=201)


async def test_two_are_linked_once_from_whichever_side_and_only_by_who_may_write_in_both(intake):
    mother, child = await mother_and_child(intake)
    body = {"other_case_id": str(mother), "relation": "parent"}
    refused = await ask(intake, "POST", f"cases/{child}/dependants/link", body, status=409)
    assert refused["code"] == "already-there"
    theirs = await open_case(intake, intake.as_("screening_officer", org=SHELTER))
    itself = await open_case(intake)
    for other, who in ((theirs, {}), (itself, {}), (mother, {"sub": COLLEAGUE})):
        body = {"other_case_id": str(other), "relation": "sibling"}
        await ask(intake, "POST", f"cases/{itself}/dependants/link", body, status=404, **who)


async def test_a_mother_and_her_child_are_never_one_person_nor_two_cases_of_hers_a_mother_and_her_child(
    intake,
):
    """A merge in a hurry would let the child go with the mother, and her consent speak for it."""
    mother, child = await mother_and_child(intake)
    same = {"decision": "same-person", "reason": "own-word"}
    for one, other in ((mother, child), (child, mother)):
        refused = await ask(intake, "POST", f"cases/{one}/duplicates/{other}/decision", same, status=409)
        assert refused["code"] == "one-person"
    second = await open_case(intake, fields=MOTHER)
    await ask(intake, "POST", f"cases/{mother}/duplicates/{second}/decision", same)
    link = {"other_case_id": str(second), "relation": "sibling"}
    refused = await ask(intake, "POST", f"cases/{mother}/dependants/link", link, status=409)
    assert refused["code"] == "one-person"


async def decided(intake, case_id, other, decision="same-person", **answer):
    body = {"decision": decision, "reason": "own-word"}
    return await ask(intake, "POST", f"cases/{case_id}/duplicates/{other}/decision", body, **answer)


async def beside_each(intake, *cases) -> list[int]:
    return [(await ask(intake, "GET", f"cases/{one}"))["linked"] for one in cases]


async def test_whoever_reads_one_case_of_hers_sees_the_child_of_each_until_the_merge_is_undone(intake):
    second, child = await mother_and_child(intake)
    lead = await open_case(intake, fields=MOTHER)
    await decided(intake, lead, second)
    (shown,) = await beside(intake, lead)
    assert (shown["other"]["id"], shown["case_id"], shown["moves"]) == (str(child), str(second), [])
    assert await beside_each(intake, lead, second, child) == [1, 1, 1]
    assert (await said(intake))[2:] == [(str(lead), "linked", True)]
    await ask(intake, "POST", f"cases/{lead}/close", {"reason": "contact-lost"}, status=409)
    await assigned(intake, lead, COLLEAGUE)
    (hidden,) = await beside(intake, lead, sub=COLLEAGUE)
    assert (hidden["here"], hidden["other"], hidden["relation"]) == (True, None, None)
    await decided(intake, lead, second, "undecided", role="supervisor")
    assert await beside(intake, lead, role="supervisor") == []
    assert ([one["id"] for one in await beside(intake, second)], (await said(intake))[3:]) == (
        [shown["id"]], [(str(lead), "unlinked", False)],
    )  # fmt: skip


async def test_a_child_hears_that_its_mother_left_when_the_last_of_her_cases_did(intake):
    second, child = await mother_and_child(intake)
    lead = await open_case(intake, fields=MOTHER)
    await decided(intake, lead, second)
    for one, here in ((second, True), (lead, False)):
        body = {"reason": "contact-lost", "linked_stay": True}
        await ask(intake, "POST", f"cases/{one}/close", body)
        assert (await said(intake))[-1] == (str(child), "left", here)
    await decided(intake, lead, second, "undecided")


async def test_two_cases_that_a_third_leads_are_no_mother_and_child_nor_is_a_child_merged_by_way_of_a_third(
    intake,
):
    mother, child = await mother_and_child(intake)
    lead, sibling = [await open_case(intake) for _ in range(2)]
    await decided(intake, lead, child)
    assert (await decided(intake, lead, mother, status=409))["code"] == "one-person"
    await decided(intake, lead, sibling)
    body = {"other_case_id": str(sibling), "relation": "sibling"}
    assert (await ask(intake, "POST", f"cases/{child}/dependants/link", body, status=409))[
        "code"
    ] == "one-person"


async def test_a_child_is_not_given_to_a_worker_of_its_mother_who_is_no_longer_there(intake):
    mother = await open_case(intake, fields=MOTHER)
    await assigned(intake, mother, WORKER, COLLEAGUE)
    here = {name: roles for name, roles in staff_of(AGENCY).items() if name != COLLEAGUE}
    await intake.deliver(staff_changed(AGENCY, here))
    body = {"relation": "child"}
    child = await ask(
        intake, "POST", f"cases/{mother}/dependants", body, role="screening_officer", status=201
    )
    assert (await ask(intake, "GET", f"cases/{child['id']}"))["workers"] == [WORKER]


async def test_a_mothers_case_is_not_closed_over_her_childs_without_a_word(intake):
    mother, child = await mother_and_child(intake)
    assert (await ask(intake, "GET", f"cases/{mother}/closing"))["blocked_by"] == ["linked-case-open"]
    close = {"reason": "contact-lost"}
    refused = await ask(intake, "POST", f"cases/{mother}/close", close, status=409)
    assert (refused["code"], refused["blocks"]) == ("closing-blocked", ["linked-case-open"])
    await ask(intake, "POST", f"cases/{mother}/close", {**close, "linked_stay": True})
    assert (await ask(intake, "GET", f"cases/{child}"))["state"] == "open"
    assert (await beside(intake, child))[0]["here"] is False
    await ask(intake, "POST", f"cases/{mother}/resume", {"reason": "contact-again"})
    assert [one for one in await said(intake) if one[1] in ("left", "back")] == [
        (str(child), "left", False),
        (str(child), "back", True),
    ]


async def test_erasing_a_mother_is_told_before_it_leaves_her_child_and_leaves_no_trace_of_her_there(intake):
    mother, child = await mother_and_child(intake)
    asked = await ask(intake, "POST", f"cases/{mother}/erasures", {"reason": "her wish"}, status=201)
    (view,) = (await ask(intake, "GET", f"cases/{mother}/erasures"))["items"]
    assert view["linked_cases"] == 1
    await ask(intake, "POST", f"erasures/{asked['id']}/confirm", role="supervisor", sub="th.supervisor")
    assert await beside(intake, child) == []
    assert (await said(intake))[-1] == (str(child), "left", False)
    assert (await ask(intake, "GET", f"cases/{child}"))["state"] == "open"


async def test_erasing_a_child_releases_the_word_about_it_under_the_mothers_key(intake):
    mother = await disclosure(intake, {"cor_FullName": "Dara"}, recipient="th-care-agency")
    await intake.deliver(mother)
    child = await ask(intake, "POST", f"cases/{mother.case_id}/dependants", {"relation": "child"}, status=201)
    held = await intake.service.vault.held_by(mother.person_id)
    asked = await ask(intake, "POST", f"cases/{child['id']}/erasures", {"reason": "a mistake"}, status=201)
    await ask(intake, "POST", f"erasures/{asked['id']}/confirm", role="supervisor", sub="th.supervisor")
    await intake.work()
    after = await intake.service.vault.held_by(mother.person_id)
    assert after["intake"] == held["intake"] - 1


async def test_the_child_of_one_who_came_from_abroad_came_to_the_agency_and_stays_linked_when_her_data_is_recalled(
    intake,
):
    mother = await disclosure(intake, {"cor_FullName": "Dara"}, recipient="th-care-agency")
    await intake.deliver(mother)
    await intake.deliver(acceptance_of(mother))
    child = await ask(intake, "POST", f"cases/{mother.case_id}/dependants", {"relation": "child"}, status=201)
    assert (await ask(intake, "GET", f"cases/{child['id']}"))["channel"] == "agency"
    await intake.deliver(recall_of(mother))
    await intake.work()
    assert (await beside(intake, mother.case_id))[0]["other"]["id"] == child["id"]


async def test_a_child_that_came_from_abroad_and_is_recalled_is_gone_and_its_mothers_case_hears_it(intake):
    mother, child = await open_case(intake, fields=MOTHER), await disclosure(intake, {"cor_FullName": "Dara"})
    await intake.deliver(child)
    body = {"other_case_id": str(child.case_id), "relation": "child"}
    await ask(intake, "POST", f"cases/{mother}/dependants/link", body, status=201)
    known_before = await open_case(intake)
    await decided(intake, known_before, child.case_id)
    await intake.deliver(recall_of(child))
    await intake.work()
    assert (await said(intake))[-2:] == [
        (str(mother), "left", False),
        (str(known_before), "unlinked", False),
    ]
    assert await beside(intake, mother) == []


async def test_a_child_hears_that_its_mother_was_handed_over_and_that_she_is_back(intake):
    mother, child = await mother_and_child(intake)
    for state in ("requested", "received", "accepted"):
        await intake.deliver(a_move(mother, state))
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        person = (await tx.execute(PERSON, {"id": mother})).scalar_one()
    back = await disclosure(
        intake, {"cor_FullName": "Dara"}, case_id=mother, person_id=person, sender=SHELTER, sender_cell="TH"
    )
    await intake.deliver(back)
    assert (await said(intake))[-2:] == [(str(child), "left", False), (str(child), "back", True)]


async def reported(intake, case_id) -> list[dict[str, object]]:
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        person = (await tx.execute(PERSON, {"id": case_id})).scalar_one()
        rows = await find_held(tx, HELD, case_id)
    held = await open_held(rows, case_id, intake.service.vault, person)
    return [
        {value.name: value.value for value in row.values}
        for one in held.sections
        if one.section == "dependant"
        for row in one.rows
    ]


async def test_the_report_of_the_mother_names_the_relation_and_that_of_whoever_depends_or_is_a_danger_nothing(
    intake,
):
    mother, child = await mother_and_child(intake)
    (hers,) = await reported(intake, mother)
    assert (hers["relation"], "by" in hers, await reported(intake, child)) == ("child", False, [])
    (link,) = await beside(intake, mother)
    await ask(intake, "POST", f"cases/{child}/dependants/{link['id']}/unlink", {"reason": "danger"})
    assert (await reported(intake, mother), await reported(intake, child)) == ([], [])


def a_case(number: int, state: CaseState = CaseState.OPEN, organisation: str = "th-care-agency") -> Case:
    return Case(UUID(int=number), UUID(int=number + 100), organisation, (), "routine", state)


def linked(her: Case, other: Case) -> DependantLink:
    return DependantLink.link(NewLink(UUID(int=9), "sealed"), her, other, by=WORKER, at=NOW)


@pytest.mark.parametrize("state", list(CaseState))
def test_only_open_cases_are_linked_and_a_link_is_ended_while_the_case_is_here(state):
    if state is CaseState.OPEN:
        assert linked(a_case(1), a_case(2, state)).ended_at is None
    else:
        with pytest.raises(WrongMove):
            linked(a_case(1), a_case(2, state))
    link = linked(a_case(1), a_case(2))
    if state in (CaseState.OPEN, CaseState.CLOSED):
        link.end(a_case(2, state), "sealed", by=COLLEAGUE, at=NOW)
        assert (link.ended_by, link.ended_at) == (COLLEAGUE, NOW)
    else:
        with pytest.raises(WrongMove):
            link.end(a_case(2, state), "sealed", by=COLLEAGUE, at=NOW)


def test_nobody_depends_on_themselves_or_on_a_case_of_another_organisation():
    for other in (a_case(1), a_case(2, organisation=SHELTER)):
        with pytest.raises(OneCase):
            linked(a_case(1), other)
