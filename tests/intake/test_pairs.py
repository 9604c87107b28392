"""Two cases side by side, and the decision whether they are of one person: what it changes, and what it leaves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.intake.making import SHELTER, bodies, disclosure, open_case, recall_of

DARA = {"cor_FullName": "Sok Dara", "prs_Birthdate": "1998"}
OTHER = {"cor_FullName": "Dara Sok", "prs_MobilePhone": "012 345 678"}


@pytest.fixture(autouse=True)
def granted(intake, monkeypatch):
    """Consent says of every disclosure that it is granted."""

    async def closed(disclosures):
        return dict.fromkeys(disclosures)

    monkeypatch.setattr(intake.service.parts.grants, "closed", closed)


async def two(intake) -> tuple[UUID, UUID]:
    return await open_case(intake, fields=DARA), await open_case(intake, fields=OTHER)


async def decide(intake, one, other, decision, reason="papers", role="case_worker", **who):
    more = {"If-Match": who.pop("seen")} if "seen" in who else {}
    body = {"decision": decision, "reason": reason}
    url = f"/v1/cases/{one}/duplicates/{other}/decision"
    return await intake.client.post(url, json=body, headers={**intake.as_(role, **who), **more})


async def view(intake, path, role="case_worker", **who):
    answer = await intake.client.get(f"/v1/cases/{path}", headers=intake.as_(role, **who))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def offered(intake, case_id, query="") -> list[str]:
    return [one["id"] for one in (await view(intake, f"{case_id}/duplicates{query}"))["items"]]


async def test_both_are_shown_side_by_side_and_each_is_a_reading(intake):
    one, other = await two(intake)
    before = len(await intake.said())
    shown = await view(intake, f"{one}/duplicates/{other}")
    assert [(f["field"], f["case"], f["other"], f["same"]) for f in shown["fields"]] == [
        ("cor_FullName", "Sok Dara", "Dara Sok", False),
        ("prs_Birthdate", "1998", None, False),
        ("prs_MobilePhone", None, "012 345 678", False),
    ]
    assert (shown["agrees"], shown["band"], shown["decision"], shown["version"]) == (
        ["same-name"], "likely", "undecided", 0,
    )  # fmt: skip
    assert [move["verb"] for move in shown["moves"]] == ["decide_pair"]
    read = bodies((await intake.said())[before:], "record.read.v1")
    assert [(r["case_id"], r["resource"]) for r in read] == [
        (str(one), "case-fields"),
        (str(other), "case-fields"),
    ]


async def test_different_persons_are_not_offered_again_from_either_side_until_it_is_taken_back(intake):
    one, other = await two(intake)
    assert await offered(intake, one) == [str(other)]
    assert (await decide(intake, one, other, "different-persons")).status_code == 200
    assert (await offered(intake, one), await offered(intake, other)) == ([], [])
    assert await offered(intake, other, "?decision=different-persons") == [str(one)]
    assert (await decide(intake, other, one, "undecided", "mistake")).status_code == 200
    assert (await offered(intake, one), await offered(intake, other)) == ([str(other)], [str(one)])


async def test_a_merge_moves_nothing_and_lets_nobody_read_more_and_is_undone_whole(intake):
    one, other = await two(intake)
    fields = {case: await view(intake, f"{case}/fields") for case in (one, other)}
    assert (await decide(intake, one, other, "same-person")).status_code == 200
    assert [(await view(intake, str(case)))["lead_id"] for case in (one, other)] == [str(one), str(one)]
    assert {case: await view(intake, f"{case}/fields") for case in (one, other)} == fields
    assert (await decide(intake, one, other, "undecided", "mistake")).status_code == 200
    assert [(await view(intake, str(case)))["lead_id"] for case in (one, other)] == [None, None]
    said = bodies(await intake.said(), "pair.decided.v1")
    assert [(s["case_id"], s["decision"], s["leads"]) for s in said] == [
        (str(one), "same-person", True),
        (str(other), "same-person", False),
        (str(one), "undecided", False),
        (str(other), "undecided", False),
    ]


async def test_a_merge_asks_for_the_right_to_both_and_for_one_organisation(intake):
    one, other = await two(intake)
    headers = {**intake.as_("supervisor"), "If-Match": "*"}
    body = {"organisation": "th-care-agency", "workers": ["th.worker"]}
    await intake.client.post(f"/v1/cases/{other}/assignment", json=body, headers=headers)
    theirs = await open_case(intake, intake.as_("screening_officer", org=SHELTER), fields=DARA)
    refused = [
        await decide(intake, one, other, "same-person", sub="th.colleague"),
        await decide(intake, other, one, "same-person", sub="th.colleague"),
        await decide(intake, one, theirs, "same-person", role="supervisor"),
        await decide(intake, one, one, "same-person", role="supervisor"),
    ]
    assert [answer.status_code for answer in refused] == [404, 404, 404, 404]
    assert bodies(await intake.said(), "pair.decided.v1") == []


async def test_a_case_has_one_that_leads_it_and_who_saw_an_older_decision_is_told(intake):
    one, other = await two(intake)
    third = await open_case(intake, fields=DARA)
    assert (await decide(intake, one, other, "same-person")).status_code == 200
    refused = await decide(intake, third, other, "same-person")
    assert (refused.status_code, refused.json()["code"]) == (409, "merged-already")
    assert (await decide(intake, one, third, "same-person")).status_code == 200
    assert (await decide(intake, one, other, "undecided", seen='"0"')).status_code == 412
    assert (await decide(intake, one, other, "undecided", seen='"1"')).status_code == 200


async def test_a_hold_on_either_is_in_force_on_both_and_stays_when_the_merge_is_undone(intake):
    one, other = await two(intake)
    worker, until = intake.as_("case_worker"), (datetime.now(UTC) + timedelta(days=40)).isoformat()

    async def in_force(case) -> int:
        return len([hold for hold in await view(intake, f"{case}/holds") if hold["lifted_at"] is None])

    placed = await intake.client.post(f"/v1/cases/{other}/holds", json={"until": until}, headers=worker)
    assert placed.status_code == 201, placed.text
    await decide(intake, one, other, "same-person")
    assert (await in_force(one), await in_force(other)) == (1, 1)
    later = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    await intake.client.post(f"/v1/cases/{one}/holds", json={"until": later}, headers=worker)
    assert (await in_force(one), await in_force(other)) == (2, 2)
    await decide(intake, one, other, "undecided", "mistake")
    assert (await in_force(one), await in_force(other)) == (2, 2)
    assert {hold["case_id"] for hold in bodies(await intake.said(), "hold.placed.v1")} == {
        str(one),
        str(other),
    }


async def test_one_of_two_merged_cases_is_not_erased_before_somebody_has_said_what_becomes_of_the_other(
    intake,
):
    """The decision about both goes with either: erased alone, the other half of her would be found by nobody."""
    one, other = await two(intake)
    assert (await decide(intake, one, other, "same-person")).status_code == 200
    erasure_id = await wished(intake, one)
    asked = (await view(intake, f"{one}/erasures", role="supervisor"))["items"][0]
    assert asked["waits_for_cases"] == [str(other)]
    assert "confirm_erasure" not in {move["verb"] for move in asked["moves"]}
    refused = await settle(intake, erasure_id, "confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "merged-undecided")
    assert "other case" in refused.json()["title"]
    assert (await view(intake, str(one)))["lead_id"] == str(one)
    too = await wished(intake, other)
    assert (await settle(intake, erasure_id, "confirm")).status_code == 200
    assert (await settle(intake, too, "confirm")).status_code == 200
    states = [(await view(intake, f"{case}/erasures"))["items"][0]["state"] for case in (one, other)]
    assert states == ["confirmed", "confirmed"]


@pytest.mark.parametrize(("verb", "body"), [("cancel", None), ("refuse", {"law": "th-criminal-procedure"})])
async def test_what_she_wants_kept_of_two_merged_cases_or_a_law_keeps_holds_up_the_other_no_longer(
    intake, verb, body
):
    one, other = await two(intake)
    before = await wished(intake, other)
    assert (await settle(intake, before, verb, body)).status_code == 200
    assert (await decide(intake, one, other, "same-person")).status_code == 200
    erasure_id = await wished(intake, one)
    assert (await settle(intake, erasure_id, "confirm")).status_code == 409  # what was said before is old
    assert (await settle(intake, await wished(intake, other), verb, body)).status_code == 200
    assert (await settle(intake, erasure_id, "confirm")).status_code == 200


async def test_a_merge_that_is_undone_holds_up_no_erasure(intake):
    one, other = await two(intake)
    assert (await decide(intake, one, other, "same-person")).status_code == 200
    erasure_id = await wished(intake, one)
    assert (await decide(intake, one, other, "undecided", "mistake")).status_code == 200
    assert (await settle(intake, erasure_id, "confirm")).status_code == 200


async def wished(intake, case_id) -> str:
    path, body = f"/v1/cases/{case_id}/erasures", {"reason": "she asked"}
    answer = await intake.client.post(path, json=body, headers=intake.as_("case_worker"))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def settle(intake, erasure_id, verb, body=None):
    path, headers = f"/v1/erasures/{erasure_id}/{verb}", intake.as_("supervisor")
    return await intake.client.post(path, json=body, headers=headers)


async def test_an_erased_case_is_in_no_pair_and_no_index(intake):
    own = await open_case(intake, fields=DARA)
    received = await disclosure(intake, {"cor_FullName": "Sok Dara"})
    await intake.deliver(received)
    await intake.work()
    assert (await decide(intake, own, received.case_id, "same-person")).status_code == 200
    await intake.deliver(recall_of(received))
    await intake.work()
    async with intake.service.database.engine.connect() as conn:
        left = await conn.execute(
            text(
                "select (select count(*) from intake.pairs), (select count(*) from intake.blind_index where case_id = :id)"
            ),
            {"id": received.case_id},
        )
        assert tuple(left.one()) == (0, 0)
    assert (await view(intake, str(own)))["lead_id"] is None
