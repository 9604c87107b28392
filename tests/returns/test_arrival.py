"""She does not arrive, is turned back, or changes her mind: every way out, and the alarm that nobody has to remember."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.harness import Harness
from tests.returns.making import RECEIVER, SENDER, accepted, process
from tests.returns.test_service import (
    ASSESSOR,
    a_case,
    blocks,
    departed,
    expected_abroad,
    move,
    prepared,
    request,
    said,
    view,
)


async def pass_the_time(h: Harness, return_id: UUID) -> int:
    """She was expected an hour ago; whatever waits for its time is done, twice, as after a restart."""
    async with h.service.database.engine.begin() as conn:
        statement = "update returns.returns set expected_at = now() - interval '1 hour' where id = :id"
        await conn.execute(text(statement), {"id": return_id})
    await h.work(hasten=True)
    await h.work(hasten=True)
    overdue = [body for type_, body in await h.said() if type_ == "return.overdue.v1"]
    return len(overdue)


async def test_nobody_records_an_arrival_and_both_sides_are_alarmed_once(th: Harness, kh: Harness):
    _, return_id = await departed(th)
    there = await a_case(kh, RECEIVER)
    left = next(body for type_, body in await th.said() if type_ == "return.departed.v1")
    told = {name: left[name] for name in ("expected_at", "handover", "escorted")}
    await kh.deliver(process(there, return_id, "return.cleared", "safe"))
    await kh.deliver(process(there, return_id, "return.departed", **told))
    shown = await view(kh, return_id, org=RECEIVER)
    assert {name: shown[name] for name in ("handover", "escorted", "result")} == {
        "handover": "land-border",
        "escorted": False,
        "result": "safe",
    }
    assert shown["blocks"] == []
    for h, half, org in ((th, "sending", SENDER), (kh, "receiving", RECEIVER)):
        assert await pass_the_time(h, return_id) == 1
        assert [h_ for type_, h_ in await said(h) if type_ == "return.overdue.v1"] == [half]
        late = await view(h, return_id, org=org)
        assert (late["state"], late["overdue_at"] is not None) == ("departed", True)


async def test_the_clock_of_a_departure_waits_for_its_time(th: Harness):
    _, return_id = await departed(th)
    await th.work()
    async with th.service.database.engine.connect() as conn:
        rows = await conn.execute(text("select due_at from chassis.work where kind = 'overdue'"))
        (due,) = rows.scalars().all()
    assert due == datetime.fromisoformat((await view(th, return_id))["expected_at"])


async def test_an_arrival_that_was_recorded_alarms_nobody(kh: Harness):
    case_id, return_id = await expected_abroad(kh)
    await kh.deliver(process(case_id, return_id, "return.departed"))
    assert (await move(kh, return_id, "arrive", org=RECEIVER)).status_code == 200
    assert await pass_the_time(kh, return_id) == 0


@pytest.mark.parametrize("side", ["sending", "receiving"])
async def test_either_side_records_that_she_is_missing_and_the_other_follows(
    th: Harness, kh: Harness, side: str
):
    case_id, return_id = await departed(th)
    there = await a_case(kh, RECEIVER)
    for code in ("return.cleared", "return.departed"):
        await kh.deliver(process(there, return_id, code))
    now = {"at": datetime.now(UTC)}
    if side == "sending":
        assert (await move(th, return_id, "miss")).status_code == 200
        told = {"sender": SENDER, "sender_cell": "TH", "recipient": RECEIVER}
        await kh.deliver(process(there, return_id, "return.missed", **now, **told))
    else:
        assert (await move(kh, return_id, "miss", org=RECEIVER)).status_code == 200
        await th.deliver(process(case_id, return_id, "return.missed", **now))
    for h, org in ((th, SENDER), (kh, RECEIVER)):
        assert (await view(h, return_id, org=org))["state"] == "missed"
    assert (await move(kh, return_id, "arrive", org=RECEIVER)).status_code == 200
    await th.deliver(process(case_id, return_id, "return.arrived"))
    assert (await view(th, return_id))["state"] == "arrived"


async def test_turned_back_she_is_prepared_assessed_and_cleared_anew(th: Harness):
    _, return_id = await departed(th)
    assert (await move(th, return_id, "turn-back")).status_code == 200
    assert (await move(th, return_id, "depart")).json()["code"] == "wrong-state"
    assert (await move(th, return_id, "resume")).status_code == 200
    assert await blocks(th, return_id) == ["decision-not-confirmed", "risk-assessment-missing"]
    await move(th, return_id, "confirm")
    await move(th, return_id, "assess", headers=th.as_("case_worker", sub=ASSESSOR))
    for verb in ("clear", "depart"):
        assert (await move(th, return_id, verb)).status_code == 200


@pytest.mark.parametrize("state", ["departed", "missed", "turned-back", "suspended"])
async def test_she_may_change_her_mind_on_the_way(th: Harness, state: str):
    _, return_id = await (prepared(th) if state == "suspended" else departed(th))
    verb = {"missed": "miss", "turned-back": "turn-back", "suspended": "suspend"}.get(state)
    if verb is not None:
        assert (await move(th, return_id, verb)).status_code == 200
    assert (await move(th, return_id, "withdraw")).status_code == 200
    assert (await view(th, return_id))["state"] == "withdrawn"


async def test_a_late_arrival_of_a_return_that_she_withdrew_parks_nothing_beside_a_new_one(th: Harness):
    case_id, return_id = await departed(th)
    await move(th, return_id, "withdraw")
    assert (await request(th, case_id)).status_code == 201
    await th.deliver(process(case_id, return_id, "return.arrived"))
    assert await th.parked() == []
    assert (await view(th, return_id))["state"] == "arrived"


async def test_what_is_suspended_and_resumed_over_there_is_followed_here(kh: Harness):
    case_id, return_id = await expected_abroad(kh)
    for code, reason, state in (
        ("return.suspended", "safety-concern", "suspended"),
        ("return.resumed", None, "decided"),
        ("return.cleared", "safe", "cleared"),
        ("return.departed", None, "departed"),
        ("return.turned_back", None, "turned_back"),
        ("return.withdrawn", None, "withdrawn"),
    ):
        await kh.deliver(process(case_id, return_id, code, reason))
        shown = await view(kh, return_id, org=RECEIVER)
        assert (shown["state"], shown["reason"]) == (
            state,
            "safety-concern" if state == "suspended" else None,
        )


async def test_a_return_is_closed_as_what_happened(th: Harness, kh: Harness):
    case_id, return_id = await expected_abroad(kh)
    await kh.deliver(process(case_id, return_id, "return.departed"))
    await move(kh, return_id, "arrive", org=RECEIVER)
    ongoing = {"outcome": "reintegration-ongoing"}
    answer = await move(kh, return_id, "close", org=RECEIVER, body=ongoing)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not-what-happened")
    await kh.deliver(accepted(case_id, uuid4(), half="incoming"))
    assert (await move(kh, return_id, "close", org=RECEIVER, body=ongoing)).status_code == 200
    _, sent = await prepared(th)
    await move(th, sent, "suspend")
    for outcome, status in (("reintegrated", 422), ("not-returned", 200)):
        assert (await move(th, sent, "close", body={"outcome": outcome})).status_code == status
