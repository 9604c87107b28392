"""Every verb from every state on either half, what blocks a clearance, and two halves under any interleaving."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.returns.domain import facts
from services.returns.domain.assisted_return import Return
from services.returns.domain.case import CaseReturns
from services.returns.domain.facts import Ignored
from services.returns.domain.states import Half, State, Verb, WrongHalf, WrongMove
from tests.returns.making import NOW, a_return

S, FROM, TO = State, Half.SENDING, Half.RECEIVING

ALLOWED = {
    "decide": (FROM, {S.REQUESTED}, S.DECIDED),
    "assess": (FROM, {S.DECIDED, S.ASSESSED}, S.ASSESSED),
    "clear": (FROM, {S.DECIDED, S.ASSESSED}, S.CLEARED),
    "depart": (FROM, {S.CLEARED}, S.DEPARTED),
    "withdraw": (FROM, {S.REQUESTED, S.DECIDED, S.ASSESSED, S.CLEARED}, S.WITHDRAWN),
    "arrive": (TO, {S.DEPARTED}, S.ARRIVED),
    "close": (TO, {S.ARRIVED}, S.CLOSED),
}
ARGUMENTS = {"assess": ("safe", None, "th.worker"), "close": ("reintegrated",)}
SAYS = {
    "decide": (facts.ReturnDecided, {}),
    "assess": (facts.ReturnAssessed, {"result": "safe", "grounds": None}),
    "clear": (facts.ReturnCleared, {}),
    "depart": (facts.ReturnDeparted, {}),
    "withdraw": (facts.ReturnWithdrawn, {}),
    "arrive": (facts.ReturnArrived, {}),
    "close": (facts.ReturnClosed, {"outcome": "reintegrated"}),
}


def do(made: Return, verb: str) -> list[facts.Fact]:
    return getattr(made, verb)(*ARGUMENTS.get(verb, ()), NOW)


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", ALLOWED)
def test_a_verb_moves_its_own_half_from_its_states_and_nothing_else(verb: str, state: State, half: Half):
    by, start, to = ALLOWED[verb]
    made = a_return(state, half, result="safe")
    if half is not by:
        with pytest.raises(WrongHalf):
            do(made, verb)
        assert (made.state, made.version) == (state, 1)
    elif verb == "withdraw" and state is S.WITHDRAWN:
        assert do(made, verb) == []
        assert (made.state, made.version) == (state, 1)
    elif state not in start:
        with pytest.raises(WrongMove):
            do(made, verb)
        assert (made.state, made.version) == (state, 1)
    else:
        do(made, verb)
        assert (made.state, made.version) == (to, 2)


@pytest.mark.parametrize("verb", ALLOWED)
def test_each_move_says_its_own_fact_with_the_half_that_moved(verb: str):
    half, start, _ = ALLOWED[verb]
    made = a_return(next(iter(start)), half, result="safe")
    kind, carried = SAYS[verb]
    expected = kind(
        case_id=made.case_id,
        return_id=made.id,
        half=half,
        sender=made.sender,
        receiver=made.receiver,
        receiver_cell="KH",
        at=NOW,
        **carried,
    )
    assert do(made, verb) == [expected]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("result", "reason"), [(None, "risk-assessment-missing"), ("unsafe", "risk-unsafe")])
def test_a_blocked_clearance_says_why_and_moves_nothing(result: str | None, reason: str, state: State):
    made = a_return(state, result=result)
    if state in {S.DECIDED, S.ASSESSED}:
        (blocked,) = made.clear(NOW)
        assert isinstance(blocked, facts.ReturnBlocked)
        assert blocked.reason == reason
    else:
        with pytest.raises(WrongMove):
            made.clear(NOW)
    assert (made.state, made.version, made.cleared_at) == (state, 1, None)


def test_an_unsafe_assessment_blocks_until_another_says_otherwise():
    made = a_return(S.DECIDED)
    made.assess("unsafe", "v1.why", "th.worker", NOW)
    (blocked,) = made.clear(NOW)
    assert (blocked.reason, made.state) == ("risk-unsafe", S.ASSESSED)
    made.assess("safe-with-conditions", None, "th.supervisor", NOW)
    made.clear(NOW)
    assert (made.state, made.assessor, made.grounds) == (S.CLEARED, "th.supervisor", None)


FOLLOWED_FROM = {
    (FROM, Verb.ARRIVE): {S.DEPARTED},
    (FROM, Verb.CLOSE): {S.DEPARTED, S.ARRIVED},
    (TO, Verb.DEPART): {S.CLEARED},
    (TO, Verb.WITHDRAW): {S.CLEARED},
}


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_a_half_follows_the_other_or_notes_what_it_heard(verb: Verb, state: State, half: Half):
    made = a_return(state, half)
    said = made.follow(verb, NOW, "reintegrated")
    if state in FOLLOWED_FROM.get((half, verb), set()):
        assert (said[0].half, made.version) == (half, 2)
    else:
        assert said == [Ignored(made.id, half, verb, state)]
        assert (made.state, made.version) == (state, 1)


def test_a_closing_that_is_told_without_its_outcome_is_followed_without_it():
    made = a_return(S.ARRIVED)
    (closed,) = made.follow(Verb.CLOSE, NOW)
    assert (closed.outcome, made.outcome, made.state) == ("not-disclosed", None, S.CLOSED)


def test_a_clearance_abroad_opens_the_receiving_half_once():
    case, abroad = CaseReturns(a_return().case_id), a_return(half=TO)
    (cleared,) = case.clear(abroad, NOW)
    assert (cleared.half, case.halves[abroad.id, TO].state) == (TO, S.CLEARED)
    assert case.clear(abroad, NOW) == [Ignored(abroad.id, TO, Verb.CLEAR, S.CLEARED)]


def test_a_departure_whose_clearance_was_lost_is_expected_all_the_same():
    case, abroad = CaseReturns(a_return().case_id), a_return(half=TO)
    cleared, departed = case.depart(abroad, NOW)
    assert isinstance(cleared, facts.ReturnCleared)
    assert isinstance(departed, facts.ReturnDeparted)
    assert case.halves[abroad.id, TO].state == S.DEPARTED


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*ALLOWED, "reach-sender", "reach-receiver"]), max_size=30))
def test_when_everything_has_arrived_the_halves_agree(steps: list[str]):
    sending = a_return()
    there = CaseReturns(sending.case_id)
    to_sender: list[facts.Fact] = []
    to_receiver: list[facts.Fact] = []
    for step in [*steps, *["reach-sender", "reach-receiver"] * 30]:
        if step == "reach-sender" and to_sender:
            heard = to_sender.pop(0)
            verb = Verb.ARRIVE if isinstance(heard, facts.ReturnArrived) else Verb.CLOSE
            sending.follow(verb, NOW, getattr(heard, "outcome", None))
        elif step == "reach-receiver" and to_receiver:
            hear(there, sending, to_receiver.pop(0))
        elif step in ALLOWED:
            said = attempt(sending if ALLOWED[step][0] is FROM else there.halves.get((sending.id, TO)), step)
            (to_receiver if ALLOWED[step][0] is FROM else to_sender).extend(said)
    receiving = there.halves.get((sending.id, TO))
    if receiving is not None:
        assert receiving.state == sending.state
    else:
        assert sending.departed_at is None


def attempt(made: Return | None, verb: str) -> list[facts.Fact]:
    try:
        return [] if made is None else do(made, verb)
    except WrongMove:
        return []


def hear(there: CaseReturns, sending: Return, heard: facts.Fact) -> None:
    abroad = a_return(half=TO, id=sending.id, case_id=sending.case_id)
    if isinstance(heard, facts.ReturnCleared):
        there.clear(abroad, NOW)
    elif isinstance(heard, facts.ReturnDeparted):
        there.depart(abroad, NOW)
    elif isinstance(heard, facts.ReturnWithdrawn):
        there.follow(TO, sending.id, Verb.WITHDRAW, NOW, None)
