"""A call to the hotline: each verb from every state, and what it says."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.outbox import DueWork
from services.intake.casefile.domain.case import Case, CaseState, CommandRefused, WrongMove
from services.intake.casework.domain.tasks import TaskState
from services.intake.reports.domain import facts
from services.intake.reports.domain.calls import (
    Call,
    CallState,
    CallTimes,
    CallVerb,
    CallWords,
    call_record,
)
from services.intake.reports.outgoing import CALL_KEY, outgoing

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CASE, PERSON, OWN, NEXT = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
ORG = "th-care-agency"
TIMES = CallTimes.of_days(7, 90)
NO_STEP: frozenset[TaskState] = frozenset()
WORDS = CallWords(NEXT, 1, "v1.y")
MAY = {
    CallState.OPEN: {CallVerb.SAVE, CallVerb.CLOSE, CallVerb.ATTACH, CallVerb.CLEAR},
    CallState.CLOSED: {CallVerb.REOPEN, CallVerb.ATTACH, CallVerb.CLEAR},
    CallState.ATTACHED: {CallVerb.DETACH},
    CallState.CLEARED: set(),
}
VERBS = {
    CallVerb.SAVE: lambda c: c.save(WORDS, "routine", flagged=False, now=NOW, times=TIMES),
    CallVerb.CLOSE: lambda c: c.close("spam", NOW, TIMES, steps=NO_STEP),
    CallVerb.REOPEN: lambda c: c.reopen(NOW, TIMES),
    CallVerb.ATTACH: lambda c: c.attach(case(), "in-the-call", WORDS, NOW),
    CallVerb.DETACH: lambda c: c.detach(case(), WORDS, NOW, TIMES, erasure_requested=False),
}


def case(state=CaseState.OPEN) -> Case:
    return Case(CASE, PERSON, ORG, (), "routine", state)


def call(state=CallState.OPEN, **changes) -> Call:
    values = {"owner": OWN, "content": "v1.x", "ends_at": NOW, "state": state} | changes
    return Call(uuid4(), ORG, "th.officer", "own-help", "routine", NOW, **values)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", list(CallState))
def test_each_verb_moves_from_its_states_and_from_no_other(verb, state):
    one = call(state)
    if verb in MAY[state]:
        VERBS[verb](one)
        return
    with pytest.raises(WrongMove):
        VERBS[verb](one)
    assert (one.state, one.content) == (state, "v1.x")


@pytest.mark.parametrize(
    ("reason", "days"), [("spam", 7), ("wrong-number", 7), ("information-given", 90), ("referred", 90)]
)
def test_what_was_said_in_spam_goes_soon_and_in_a_call_that_is_nobodys_in_the_time_of_the_country(
    reason, days
):
    one = call()
    said = one.close(reason, NOW, TIMES, steps=NO_STEP)
    ends = NOW + timedelta(days=days)
    assert said == [facts.CallClosed(one.id, ORG, reason), facts.CallClockDue(one.id, ends, ends)]
    assert one.clear(ends, ends, TIMES, steps_open=False) == [
        facts.CallCleared(one.id, ORG),
        facts.OwnKeyUnneeded(OWN),
    ]
    assert (one.state, one.content, one.ends_at) == (CallState.CLEARED, None, None)


def test_nobody_closes_a_call_while_a_step_that_its_danger_asks_for_is_open():
    one = call(flagged=True)
    with pytest.raises(CommandRefused) as refused:
        one.close("wrong-number", NOW, TIMES, steps={TaskState.OPEN})
    assert (refused.value.code, one.state) == ("steps-open", CallState.OPEN)


@pytest.mark.parametrize(
    ("heard", "steps"), [({"flagged": True}, ()), ({"sealing": 2}, ()), ({}, (TaskState.CANCELLED,))]
)
def test_what_was_told_of_danger_or_was_hers_once_is_closed_as_unheard_by_nobody(heard, steps):
    for reason in ("spam", "wrong-number"):
        one = call(**heard)
        with pytest.raises(CommandRefused) as refused:
            one.close(reason, NOW, TIMES, steps=set(steps))
        assert (refused.value.code, refused.value.member, one.state) == ("heard", "reason", CallState.OPEN)
    one.close("information-given", NOW, TIMES, steps=set(steps))
    assert one.ends_at == NOW + timedelta(days=90)


def test_an_open_call_is_looked_at_after_half_of_its_time_and_goes_after_all_of_it():
    one = call()
    half, whole = NOW + timedelta(days=45), NOW + timedelta(days=90)
    assert one.start(NOW, TIMES)[1:] == [
        facts.CallClockDue(one.id, half, whole),
        facts.CallClockDue(one.id, whole, whole),
    ]
    assert one.is_left_open(whole)
    one.close("referred", NOW, TIMES, steps=NO_STEP)
    assert not one.is_left_open(whole)


def test_a_call_with_which_something_was_done_since_keeps_its_words():
    one = call(ends_at=NOW)
    one.save(WORDS, "routine", flagged=False, now=NOW + timedelta(days=1), times=TIMES)
    assert one.clear(NOW, NOW, TIMES, steps_open=False) == []
    attached = call()
    attached.attach(case(), "in-the-call", WORDS, NOW)
    assert attached.clear(NOW, NOW, TIMES, steps_open=False) == []
    assert (one.content, attached.content) == ("v1.y", "v1.y")


@pytest.mark.parametrize("state", [CallState.OPEN, CallState.CLOSED])
def test_as_long_as_an_urgent_step_is_open_the_words_stay_and_the_clock_begins_again(state):
    one = call(state)
    said = one.clear(NOW, NOW, TIMES, steps_open=True)
    assert (one.state, one.content, one.ends_at) == (state, "v1.x", NOW + timedelta(days=90))
    assert said[-1] == facts.CallClockDue(one.id, one.ends_at, one.ends_at)


def test_attached_its_words_are_under_her_key_and_its_own_goes_when_a_backup_has_them_there():
    one = call()
    said = one.attach(case(), "called-back", WORDS, NOW)
    copied = NOW + timedelta(days=1)
    assert said == [facts.CallAttached(CASE, one.id, ORG, "called-back"), facts.OwnKeyUnneeded(OWN, copied)]
    assert outgoing(said[1]) == DueWork(CALL_KEY, str(OWN), due_at=copied)
    assert (one.owner, one.case_id, one.agreed, one.reason, one.ends_at) == (
        NEXT,
        CASE,
        "called-back",
        "became-case",
        None,
    )


def test_detached_it_leaves_nothing_under_her_key_and_is_open_again():
    one = call(CallState.ATTACHED, case_id=CASE, agreed="in-person", owner=PERSON, sealing=1)
    said = one.detach(case(CaseState.CLOSED), CallWords(NEXT, 2, "v1.z"), NOW, TIMES, erasure_requested=False)
    assert said[:2] == [
        facts.CallDetached(CASE, one.id, ORG),
        facts.RecordLeft(PERSON, call_record(one.id, 1)),
    ]
    assert (one.state, one.owner, one.case_id, one.agreed, one.reason) == (
        CallState.OPEN,
        NEXT,
        None,
        None,
        None,
    )


def test_whoever_asks_to_be_erased_leaves_no_call_behind():
    one = call(CallState.ATTACHED, case_id=CASE, owner=PERSON, sealing=1)
    with pytest.raises(CommandRefused) as refused:
        one.detach(case(), WORDS, NOW, TIMES, erasure_requested=True)
    assert (refused.value.code, one.state, one.owner) == ("erasure-requested", CallState.ATTACHED, PERSON)


@pytest.mark.parametrize("state", [CaseState.CLOSED, CaseState.HANDED_OVER, CaseState.ERASED])
def test_no_call_is_attached_to_a_case_on_which_nobody_works(state):
    one = call()
    with pytest.raises(WrongMove):
        one.attach(case(state), "in-the-call", WORDS, NOW)
    assert one.state is CallState.OPEN
