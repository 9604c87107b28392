"""Statistics of a corridor and a month: each person once, small cells hidden, and no table subtracted from another."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import codes
from contracts.events.intake import CaseErasedV1, PairDecidedV1
from contracts.events.referral import (
    ReferralAcceptedV1,
    ReferralCompletedV1,
    ReferralRejectedV1,
    ReferralSentV1,
)
from contracts.events.returns import ReturnClosedV1, ReturnDepartedV1, ReturnRequestedV1
from contracts.examples import examples
from contracts.small_cells import K
from services.audit.domain.statistics import (
    GIVEN,
    REFERRALS,
    SUBJECTS,
    TIME,
    FirstEvent,
    LaterEvent,
    corridor_tables,
)
from tests.audit.test_entries import by_somebody

OCTOBER = datetime(2025, 10, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def say(audit, kind, at, **changed):
    event = examples(kind.type)[0].event
    await by_somebody(audit, event.model_copy(update=changed), "test", at=at)


async def referred(audit, count, *, case=None, at=OCTOBER, cell="KH", then=()):
    """So many persons, each with what followed after so long."""
    for _ in range(count):
        about = {"case_id": case or uuid4(), "referral_id": uuid4()}
        await say(audit, ReferralSentV1, at, **about, recipient_cell=cell)
        for kind, later, more in then:
            await say(audit, kind, at + later, **about, half="outgoing", **more)
    return about


async def ask(audit, path="2025-10/KH", role="auditor"):
    return await audit.client.get(f"/v1/statistics/{path}", headers=audit.as_(role))


async def shown(audit, subject="referrals", path="2025-10/KH"):
    answer = (await ask(audit, path)).json()
    (found,) = [one for one in answer["subjects"] if one["name"] == subject]
    return {
        one["name"]: (
            one["total"],
            {cell["code"]: cell["count"] for cell in one["cells"] if cell["count"] is not None},
        )
        for one in found["tables"]
    }


ACCEPTED = (ReferralAcceptedV1, 5 * HOUR, {})
HELPED = (ReferralCompletedV1, 9 * DAY, {"outcome": "service-delivered"})
REJECTED = (ReferralRejectedV1, 2 * DAY, {"reason": "full"})


@pytest.fixture
async def counted(audit):
    """To Cambodia in October: 12 were helped, 11 rejected after two days, and 10 are not answered."""
    await referred(audit, 12, then=(ACCEPTED, HELPED))
    await referred(audit, 11, then=(REJECTED,))
    await referred(audit, 10)
    return audit


async def test_a_corridor_is_told_by_answer_result_and_response_time(counted):
    assert await shown(counted) == {
        GIVEN: (33, {"given": 23, "none": 10}),
        "referral_result": (23, {"rejected": 11}),
        TIME: (23, {"day": 12}),
    }


async def test_a_month_is_counted_once(counted):
    before = (await ask(counted)).json()
    await referred(counted, 5)
    assert (await ask(counted)).json() == before


async def test_each_person_counts_once_and_neither_who_was_erased_nor_another_corridor_or_month(audit):
    case = uuid4()
    await referred(audit, 3, case=case)
    await referred(audit, 9)
    await referred(audit, 20, cell="VN")
    await referred(audit, 20, at=OCTOBER + 31 * DAY)
    erased = await referred(audit, 1)
    await say(audit, CaseErasedV1, OCTOBER, case_id=erased["case_id"])
    assert (await shown(audit))[GIVEN] == (10, {})


async def decided(audit, one, other, decision):
    """Whether two cases are of one person, said of each of the two."""
    for case, another, leads in ((one, other, True), (other, one, False)):
        about = {"case_id": case, "other_case_id": another, "leads": leads, "decision": decision}
        await say(audit, PairDecidedV1, OCTOBER, **about)


async def test_cases_that_are_of_one_person_count_once_and_those_that_are_not_any_more_each(audit):
    await referred(audit, 8)
    first, second, third, fourth = [(await referred(audit, 1))["case_id"] for _ in range(4)]
    await decided(audit, second, first, "same-person")
    await decided(audit, second, third, "same-person")
    for decision in ("same-person", "different-persons"):
        await decided(audit, first, fourth, decision)
    assert (await shown(audit))[GIVEN] == (10, {})


async def test_returns_are_counted_by_the_half_that_sends(audit):
    for _ in range(13):
        about = {"case_id": uuid4(), "return_id": uuid4(), "receiver_cell": "KH", "half": "sending"}
        await say(audit, ReturnRequestedV1, OCTOBER, **about)
        await say(audit, ReturnDepartedV1, OCTOBER + 20 * DAY, **about)
        await say(audit, ReturnClosedV1, OCTOBER + 60 * DAY, **about, outcome="reintegrated")
    for half, count in (("sending", 10), ("receiving", 4)):
        for _ in range(count):
            about = {"case_id": uuid4(), "return_id": uuid4(), "receiver_cell": "KH", "half": half}
            await say(audit, ReturnRequestedV1, OCTOBER, **about)
    found = await shown(audit, "returns")
    assert found[GIVEN] == (23, {"given": 13, "none": 10})
    assert (found["return_result"][0], found[TIME][0]) == (13, 13)


async def test_every_code_has_its_cell_and_nobody_but_an_auditor_reads(audit):
    answer = (await ask(audit)).json()
    for subject in answer["subjects"]:
        for one in subject["tables"]:
            assert {cell["code"] for cell in one["cells"]} == {*codes(one["name"])}
    said = [body for kind, body in await audit.said() if kind == "log.read.v1"]
    assert [(one["view"], one["sought_cell"]) for one in said] == [("corridor", "KH")]
    for role in ("case_worker", "supervisor", "operator", "screening_officer"):
        assert (await ask(audit, role=role)).status_code == 403
    assert (await ask(audit, f"{datetime.now(UTC):%Y-%m}/KH")).status_code == 404
    assert (await ask(audit, "2025-10/Cambodia")).status_code == 422


def found_tables(groups, waiting):
    """The tables of so many persons: each group has an end and a time."""
    begun, steps = [FirstEvent(f"w{i}", f"w{i}", OCTOBER) for i in range(waiting)], []
    for (end, days), count in groups.items():
        for i in range(count):
            one = FirstEvent(name := f"{end}-{days}-{i}", name, OCTOBER)
            begun.append(one)
            steps.append(LaterEvent(one.id, OCTOBER + days * DAY, "referral.accepted.v1", {}))
            if end is not None:
                steps.append(
                    LaterEvent(one.id, OCTOBER + 40 * DAY, "referral.completed.v1", {"outcome": end})
                )
    found = corridor_tables(REFERRALS, "KH", begun, steps)
    return {name.rpartition("/")[2]: table for name, table in found.items()}


ENDS = st.sampled_from([None, "service-delivered", "person-ended", "referred-onwards"])
GROUPS = st.dictionaries(st.tuples(ENDS, st.sampled_from([0, 2, 6, 20, 50])), st.integers(0, 25), max_size=6)


@settings(max_examples=200, deadline=None)
@given(GROUPS, st.integers(0, 30))
def test_no_table_subtracted_from_another_tells_of_fewer_than_ten(groups, waiting):
    """Every sum and difference of shown numbers, over the tables that count the same persons."""
    found = found_tables(groups, waiting)
    totals = {one.total for one in found.values() if one.total is not None}
    for one in found.values():
        seen = [count for count in one.cells.values() if count is not None]
        assert all(count >= K for count in (*seen, *totals))
        if one.total is not None:
            assert one.total - sum(seen) == 0 or one.total - sum(seen) >= K
    assert all(abs(a - b) == 0 or abs(a - b) >= K for a in totals for b in totals)


def test_where_it_is_hidden_how_many_were_answered_so_is_what_became_of_them():
    """Three were not answered: 40 of 43 would tell it."""
    found = found_tables({("service-delivered", 2): 20, (None, 0): 20}, 3)
    assert found[GIVEN].total == 43
    assert {count for one in found.values() for count in one.cells.values()} == {None}
    assert (found["referral_result"].total, found[TIME].total) == (None, None)


def test_every_end_of_the_log_is_a_cell_of_its_list():
    for subject in SUBJECTS:
        assert {end for end in subject.after.values() if end} <= {*codes(subject.results)}
