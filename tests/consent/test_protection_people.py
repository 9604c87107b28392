"""The people of a protection: each who may approve it is named, whoever asked is told what became of it, and who had a hand
in it sees it.
"""

import pytest

from contracts.events.intake import CaseAssignedV1
from tests.consent.making import SENDER
from tests.consent.test_protection import (
    COLLEAGUE,
    ME,
    SUPERVISOR,
    approve,
    decline,
    past,
    protected,
    request,
    requested,
    seen,
)
from tests.listing import staff_changed


async def test_the_request_is_said_with_everybody_who_may_approve_it(unit):
    await unit.harness.deliver(
        CaseAssignedV1(case_id=unit.case_id, organisation=SENDER, workers=(ME, COLLEAGUE))
    )
    answered = (await request(unit)).json()
    (said,) = await unit.said("protection.requested.v1")
    assert said["approvers"] == answered["may_approve"] != []


async def test_where_the_only_supervisor_asks_it_is_said_with_nobody(unit):
    await unit.harness.deliver(staff_changed(SENDER, {SUPERVISOR: ["supervisor"], "th.it": ["operator"]}))
    answered = (await request(unit, unit.supervisor)).json()
    (said,) = await unit.said("protection.requested.v1")
    assert (said["approvers"], answered["may_approve"]) == ([], [])


@pytest.mark.parametrize(("end", "asked_by"), [("declined", ME), ("taken back", None), ("lapsed", ME)])
async def test_what_became_of_it_is_said_to_whoever_asked_and_waits(unit, end, asked_by):
    consent_id = await requested(unit)
    if end == "lapsed":
        await past(unit)
        await unit.harness.work(hasten=True)
    else:
        await decline(unit, consent_id, unit.worker if end == "taken back" else None)
    (said,) = await unit.said("protection.declined.v1", "protection.lapsed.v1")
    assert said["asked_by"] == asked_by


async def test_whoever_asked_and_the_worker_who_approved_see_it_in_force_and_another_worker_does_not(unit):
    colleague, other = (
        unit.harness.as_("case_worker", org=SENDER, sub=name) for name in (COLLEAGUE, "th.other-worker")
    )
    consent_id = await requested(unit)
    assert (await approve(unit, consent_id, colleague)).status_code == 200
    answers = [(await seen(unit, consent_id, who)).status_code for who in (unit.worker, colleague, other)]
    assert answers == [200, 200, 404]
    late = await decline(unit, consent_id, unit.worker)
    assert (late.status_code, late.json()["code"]) == (409, "wrong-state")


async def test_a_supervisor_who_asked_still_sees_it_after_the_hand_over(unit):
    consent_id = await protected(unit, unit.harness.as_("supervisor", org=SENDER, sub="th.first"))
    async with unit.intruder.begin() as conn:
        await conn.exec_driver_sql("update chassis.case_access set handed_over = true")
    first = unit.harness.as_("supervisor", org=SENDER, sub="th.first")
    assert (await seen(unit, consent_id, first)).status_code == 200
