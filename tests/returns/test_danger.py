"""Nobody is sent into danger: what a user did to a service that let everything through."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events import intake, referral
from services.returns import sealing
from tests.harness import Harness
from tests.returns.making import RECEIVER, accepted, age_group, hold, moved
from tests.returns.test_service import (
    ASSESSOR,
    SECRET,
    a_case,
    blocks,
    everything_stored,
    move,
    prepared,
    request,
    requested,
    said,
    view,
)

CHILD = ["best-interests-missing", "guardian-missing", "family-not-assessed", "escort-missing"]
TODAY = datetime.now(UTC).date()


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def flagged(h: Harness, case_id: UUID, *flags: str) -> intake.FlagsRecordedV1:
    """As intake says it: sealed to the case, under the person's key."""
    async with h.service.database.engine.connect() as conn:
        statement = text("select person_id from chassis.case_access where case_id = :c")
        person_id = (await conn.execute(statement, {"c": case_id})).scalar_one()
    codes = "[" + ", ".join(f'"{flag}"' for flag in flags) + "]"
    sealed = await h.service.vault.seal(UUID(str(person_id)), "case.flags", case_id, codes)
    event = intake.FlagsRecordedV1(case_id=case_id, flags=sealed)
    await h.deliver(event)
    return event


async def hurried(h: Harness, return_id: UUID) -> list[int]:
    """Everything at once and by one person, as it once went through: decide, assess as safe, clear, depart."""
    verbs = ("counsel", "decide", "assess", "clear", "depart")
    return [(await move(h, return_id, verb)).status_code for verb in verbs]


async def test_a_return_to_an_organisation_that_does_not_exist_is_refused(th: Harness):
    case_id = await a_case(th)
    for receiver, cell, code in (
        ("kh-nobody", "KH", "not-listed"),
        ("kh-nowhere", "KH", "not-listed"),
        ("th-screening-unit", "TH", "not-a-recipient"),
    ):
        if code == "not-a-recipient":
            await as_police(th, receiver)
        answer = await request(th, case_id, receiver=receiver, receiver_cell=cell)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert await said(th) == []


async def as_police(h: Harness, organisation: str) -> None:
    async with h.service.database.engine.begin() as conn:
        statement = text("update chassis.organisations set type = 'LawEnforcement' where id = :id")
        await conn.execute(statement, {"id": organisation})


async def test_the_unaccompanied_child_of_about_fifteen_is_not_sent_home(th: Harness):
    case_id, return_id = await requested(th)
    await th.deliver(age_group(case_id, "child", "estimate"))
    await flagged(th, case_id, "unaccompanied_child")
    assert await hurried(th, return_id) == [200, 200, 200, 409, 409]
    assert await blocks(th, return_id) == [
        *("decision-not-confirmed", "reception-not-agreed", "same-person", "not-fit-to-travel"),
        *CHILD,
        "documents-missing",
    ]
    assert (await view(th, return_id))["state"] == "assessed"


async def test_the_mother_in_a_hold_with_a_birth_four_days_ago_is_not_sent_home(th: Harness):
    case_id, return_id = await prepared(th)
    hold_id, until = uuid4(), datetime.now(UTC) + timedelta(days=30)
    await th.deliver(hold(case_id, hold_id, until))
    await flagged(th, case_id, "recent_birth")
    assert await blocks(th, return_id) == ["hold-on-removal", "not-fit-to-travel"]
    born = {
        "fit": True,
        "assessed_on": day(-1),
        "birth_on": day(-4),
        "newborn_travels": True,
        "certificate": {"issued_on": day(-1), "valid_until": day(9)},
    }
    assert (await move(th, return_id, "fitness", body=born)).status_code == 200
    answer = await move(th, return_id, "clear")
    assert (answer.status_code, answer.json()["blocks"]) == (409, ["hold-on-removal", "not-fit-to-travel"])
    route = (await view(th, return_id))["blocks"][0]["route"]
    assert route == f"DELETE /v1/cases/{case_id}/holds/{hold_id}"
    await th.deliver(intake.HoldLiftedV1(case_id=case_id, hold_id=hold_id))
    later = {**born, "birth_on": day(-30)}
    assert (await move(th, return_id, "fitness", body=later)).status_code == 200
    assert (await move(th, return_id, "clear")).status_code == 200


async def test_a_paper_of_a_year_that_is_still_to_come_or_of_another_era_is_refused(th: Harness):
    _, return_id = await prepared(th)
    year = TODAY.year + 541
    body: dict[str, Any] = {"check": "passport", "valid_until": f"{year}-03-12"}
    answer = await move(th, return_id, "checks", body=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too-far")
    issued = {"issued_on": f"{year}-03-01", "valid_until": f"{year}-03-12"}
    body = {"fit": True, "assessed_on": day(0), "certificate": issued}
    answer = await move(th, return_id, "fitness", body=body)
    error = answer.json()["errors"][0]
    assert (error["loc"], error["code"]) == (["body", "certificate", "issued_on"], "date-in-the-future")
    assert str(year) not in answer.text


async def test_the_refuser_is_not_sent_where_nobody_has_heard_of_her(th: Harness):
    case_id, return_id = await prepared(th)
    referral_id = uuid4()
    for ended in (
        referral.ReferralCompletedV1,
        referral.ReferralFailedV1,
        referral.ReferralCancelledV1,
        referral.ReferralCorrectedV1,
    ):
        carried = {"outcome": "service-delivered", "reason": "person-stopped"}
        more = {name: value for name, value in carried.items() if name in ended.model_fields}
        async with th.service.database.engine.begin() as conn:
            await conn.execute(text("update returns.known set accepted = '{}'"))
        assert await blocks(th, return_id) == ["reception-not-agreed"]
        await th.deliver(accepted(case_id, referral_id))
        assert await blocks(th, return_id) == []
        await th.deliver(moved(ended, case_id, referral_id, **more))
        assert await blocks(th, return_id) == ["reception-not-agreed"]
    answer = await move(th, return_id, "clear")
    assert (answer.status_code, answer.json()["code"]) == (409, "reception-not-agreed")
    (missing,) = (await view(th, return_id))["blocks"]
    assert (missing["organisation"], missing["service"]) == (RECEIVER, "referral")


async def test_an_acceptance_of_what_was_sent_in_error_is_no_reception_in_whichever_order(th: Harness):
    """The correction is protective: it runs ahead of an answer that waits in a parked stream."""
    case_id, return_id = await prepared(th)
    referral_id = uuid4()
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text("update returns.known set accepted = '{}'"))
    await th.deliver(moved(referral.ReferralCorrectedV1, case_id, referral_id))
    await th.deliver(accepted(case_id, referral_id))
    assert await blocks(th, return_id) == ["reception-not-agreed"]


async def test_an_acceptance_of_another_organisation_is_no_reception(th: Harness):
    case_id, return_id = await prepared(th)
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text("update returns.known set accepted = '{}'"))
    await th.deliver(accepted(case_id, uuid4(), recipient="kh-health-agency"))
    assert await blocks(th, return_id) == ["reception-not-agreed"]


async def test_a_child_goes_with_a_determination_a_guardian_a_family_and_an_escort(th: Harness):
    case_id, return_id = await prepared(th)
    await th.deliver(age_group(case_id, "child", "birth_date"))
    assert await blocks(th, return_id) == CHILD
    for check in ("best-interests", "guardian-agreement", "family-traced", "family-assessed", "escort"):
        answer = await move(th, return_id, "checks", body={"check": check})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "missing")
        body = {"check": check, "grounds": SECRET}
        assert (await move(th, return_id, "checks", body=body)).status_code == 200
    assert await blocks(th, return_id) == []
    back = {"check": "guardian-agreement", "standing": False}
    assert (await move(th, return_id, "checks", body=back)).status_code == 200
    assert await blocks(th, return_id) == ["guardian-missing"]


async def test_an_age_of_which_nothing_was_heard_is_that_of_a_child(th: Harness):
    case_id, return_id = await prepared(th)
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text("update returns.known set age_group = null"))
    assert await blocks(th, return_id) == CHILD
    await th.deliver(age_group(case_id))
    assert await blocks(th, return_id) == []


AFTER_CLEARANCE = {
    "hold-on-removal": lambda c: hold(c, uuid4(), datetime.now(UTC) + timedelta(days=30)),
    "reception-not-agreed": None,
    "receiver-not-listed": None,
    "decision-not-confirmed": None,
    "best-interests-missing": lambda c: age_group(c, "child"),
    "not-fit-to-travel": None,
    "documents-missing": None,
}
CHANGED = {
    "reception-not-agreed": "update returns.known set accepted = '{}'",
    "receiver-not-listed": "update chassis.organisations set status = 'closed' where id like 'kh-%'",
    "decision-not-confirmed": "update returns.returns set confirmed_at = confirmed_at - interval '73 hours'",
}


@pytest.mark.parametrize("code", AFTER_CLEARANCE)
async def test_the_departure_asks_again_what_is_known_by_then(th: Harness, code: str):
    case_id, return_id = await prepared(th)
    assert (await move(th, return_id, "clear")).status_code == 200
    if code in CHANGED:
        async with th.service.database.engine.begin() as conn:
            await conn.execute(text(CHANGED[code]))
    elif code == "not-fit-to-travel":
        await flagged(th, case_id, "late_pregnancy")
    elif code == "documents-missing":
        taken_back = {"check": "passport", "standing": False}
        assert (await move(th, return_id, "checks", body=taken_back)).status_code == 200
    else:
        await th.deliver(AFTER_CLEARANCE[code](case_id))
    answer = await move(th, return_id, "depart")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (await view(th, return_id))["state"] == "cleared"


async def test_her_decision_is_confirmed_again_before_she_leaves(th: Harness):
    _, return_id = await prepared(th)
    assert (await move(th, return_id, "clear")).status_code == 200
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text(CHANGED["decision-not-confirmed"]))
    assert (await move(th, return_id, "depart")).json()["code"] == "decision-not-confirmed"
    assert (await move(th, return_id, "confirm")).status_code == 200
    assert (await move(th, return_id, "depart")).status_code == 200


NOT_HERS: list[tuple[str, Any]] = [
    ("decide", {}),
    ("decide", {"informed": True}),
    ("decide", {"informed": False, "own_will": True}),
    ("confirm", {"own_will": False}),
    ("assess", {"result": "safe"}),
    ("assess", {"result": "safe", "grounds": "   "}),
    ("assess", {"result": "safe-with-conditions", "grounds": "\n\t"}),
    ("checks", {"check": "passport"}),
    ("checks", {"check": "escort", "grounds": " "}),
    ("checks", {"check": "fitness", "grounds": "she is well"}),
    ("fitness", {"fit": True, "assessed_on": day(2)}),
    ("fitness", {"fit": True, "assessed_on": day(-1), "birth_on": day(3)}),
    ("fitness", {"fit": True, "assessed_on": day(-1), "pregnancy_weeks": 99}),
    ("depart", {"handover": "land-border"}),
    ("depart", {"expected_at": "2020-01-01T00:00:00Z", "handover": "land-border"}),
    ("depart", {"expected_at": "2099-01-01T00:00:00Z", "handover": "land-border"}),
]


@pytest.mark.parametrize(("verb", "body"), NOT_HERS)
async def test_what_is_blank_or_cannot_be_so_is_refused(th: Harness, verb: str, body: Any):
    _, return_id = await prepared(th)
    before = await view(th, return_id)
    headers = th.as_("case_worker")
    answer = await th.client.post(f"/v1/returns/{return_id}/{verb}", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert await view(th, return_id) == before


async def test_a_warning_is_taken_without_grounds_and_stands_in_the_way_twice(th: Harness):
    _, return_id = await prepared(th)
    assert (await move(th, return_id, "assess", body={"result": "unsafe"})).status_code == 200
    expected = ["risk-unsafe", "risk-grounds-missing", "same-person"]
    assert await blocks(th, return_id) == expected


async def test_who_assessed_is_told_that_another_must_clear_and_another_is_not(th: Harness):
    _, return_id = await prepared(th)
    assert await blocks(th, return_id) == []
    headers = th.as_("case_worker", sub=ASSESSOR)
    shown = await th.client.get(f"/v1/returns/{return_id}", headers=headers)
    assert [one["code"] for one in shown.json()["blocks"]] == ["same-person"]


async def test_what_was_found_of_her_health_and_her_flags_stands_nowhere_in_clear(th: Harness):
    case_id, return_id = await prepared(th)
    await flagged(th, case_id, "late_pregnancy")
    found = {"fit": True, "assessed_on": day(-1), "pregnancy_weeks": 31, "multiple": True}
    assert (await move(th, return_id, "fitness", body=found)).status_code == 200
    grounds = {"check": "family-traced", "grounds": SECRET}
    assert (await move(th, return_id, "checks", body=grounds)).status_code == 200
    stored = await everything_stored(th)
    for secret in ("late_pregnancy", '"weeks"', "multiple", SECRET):
        assert secret not in stored
    headers = th.as_("case_worker")
    answer = await th.client.get(f"/v1/returns/{return_id}/checks", headers=headers)
    shown = {one["check"]: one for one in answer.json()["items"]}
    assert shown["family-traced"]["grounds"] == SECRET
    assert '"weeks":31' in shown["fitness"]["grounds"]
    assert (await th.said())[-1][0] == "record.read.v1"


async def test_what_was_erased_protects_her(th: Harness):
    case_id, return_id = await prepared(th)
    await flagged(th, case_id)
    assert await blocks(th, return_id) == []
    async with th.service.database.engine.connect() as conn:
        person_id = (await conn.execute(text("select person_id from chassis.case_access"))).scalar_one()
    await th.service.vault.release(person_id)
    await th.service.vault.destroy(person_id)
    assert await blocks(th, return_id) == ["not-fit-to-travel", *CHILD]


async def test_a_flag_that_comes_between_the_look_and_the_clearance_is_seen(th: Harness, monkeypatch):
    """The vault is asked before the transaction: what changed meanwhile is noticed in it."""
    case_id, return_id = await prepared(th)
    see = sealing.see

    async def and_then_it_changes(*args: Any) -> Any:
        seen = await see(*args)
        await flagged(th, case_id, "late_pregnancy")
        return seen

    monkeypatch.setattr(sealing, "see", and_then_it_changes)
    answer = await move(th, return_id, "clear")
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
    monkeypatch.undo()
    assert (await move(th, return_id, "clear")).json()["code"] == "not-fit-to-travel"


async def test_a_hold_that_is_heard_after_its_lifting_is_not_in_force(th: Harness):
    case_id, return_id = await prepared(th)
    hold_id = uuid4()
    await th.deliver(intake.HoldLiftedV1(case_id=case_id, hold_id=hold_id))
    await th.deliver(hold(case_id, hold_id, datetime.now(UTC) + timedelta(days=30)))
    assert await blocks(th, return_id) == []


async def test_two_services_that_speak_of_one_new_case_at_once_lose_nothing(th: Harness):
    for _ in range(10):
        case_id, hold_id = uuid4(), uuid4()
        await asyncio.gather(
            th.deliver(age_group(case_id)),
            th.deliver(accepted(case_id, uuid4()), publisher="referral"),
        )
        await th.deliver(hold(case_id, hold_id, datetime.now(UTC) + timedelta(days=30)))
        async with th.service.database.engine.connect() as conn:
            statement = text("select * from returns.known where case_id = :c")
            row = (await conn.execute(statement, {"c": case_id})).one()
        assert (row.age_group, len(row.accepted), len(row.holds)) == ("adult", 1, 1)


async def test_a_mother_is_not_sent_home_without_a_word_about_her_child_and_a_second_one_is_asked_about_anew(
    th: Harness,
):
    case_id, return_id = await prepared(th)

    async def dependants(change: str, *, here: bool) -> None:
        event = intake.DependantsChangedV1(case_id=case_id, link_id=uuid4(), change=change, linked_here=here)
        await th.deliver(event)

    settled = {"check": "linked-settled", "grounds": "the child goes along, by its own return"}
    await dependants("linked", here=True)
    refused = await move(th, return_id, "clear")
    assert (refused.status_code, refused.json()["blocks"]) == (409, ["linked-unsettled"])
    assert (await move(th, return_id, "checks", body=settled)).status_code == 200
    assert await blocks(th, return_id) == []
    await dependants("linked", here=True)
    assert await blocks(th, return_id) == ["linked-unsettled"]
    await dependants("left", here=True)
    assert await blocks(th, return_id) == ["linked-unsettled"]
    await dependants("unlinked", here=False)
    assert await blocks(th, return_id) == []
