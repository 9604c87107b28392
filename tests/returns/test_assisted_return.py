"""Every verb from every state on either half, and two halves under any interleaving."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.returns.domain import facts
from services.returns.domain.assisted_return import Return
from services.returns.domain.case import CaseReturns
from services.returns.domain.facts import CodeIgnored
from services.returns.domain.journey import LONGEST, UNTOLD, FollowedMove, Journey
from services.returns.domain.states import MOVES, Half, State, Verb, WrongHalf, WrongMove, WrongOutcome
from tests.returns.making import NOW, a_return, standing

S, FROM, TO = State, Half.SENDING, Half.RECEIVING
DAY = timedelta(days=1)
STAYS = None
PREPARING = {S.REQUESTED, S.COUNSELLED, S.DECIDED, S.ASSESSED}
ON_THE_WAY = {S.DEPARTED, S.MISSED}

ALLOWED = {
    (FROM, "counsel"): ({S.REQUESTED}, S.COUNSELLED),
    (FROM, "decide"): ({S.COUNSELLED}, S.DECIDED),
    (FROM, "confirm"): ({S.DECIDED, S.ASSESSED, S.CLEARED}, STAYS),
    (FROM, "check"): (PREPARING | {S.CLEARED, S.SUSPENDED}, STAYS),
    (FROM, "assess"): ({S.DECIDED, S.ASSESSED, S.CLEARED}, S.ASSESSED),
    (FROM, "clear"): (PREPARING, S.CLEARED),
    (FROM, "suspend"): (PREPARING | {S.CLEARED}, S.SUSPENDED),
    (FROM, "resume"): ({S.SUSPENDED, S.TURNED_BACK}, S.DECIDED),
    (FROM, "depart"): ({S.CLEARED}, S.DEPARTED),
    (FROM, "turn_back"): (ON_THE_WAY, S.TURNED_BACK),
    (FROM, "miss"): ({S.DEPARTED}, S.MISSED),
    (FROM, "close"): ({S.SUSPENDED, S.TURNED_BACK, S.MISSED}, S.CLOSED),
    (FROM, "withdraw"): (
        PREPARING | {S.CLEARED, S.SUSPENDED, S.TURNED_BACK} | ON_THE_WAY,
        S.WITHDRAWN,
    ),
    (TO, "miss"): ({S.DEPARTED}, S.MISSED),
    (TO, "arrive"): (ON_THE_WAY, S.ARRIVED),
    (TO, "close"): ({S.ARRIVED}, S.CLOSED),
}
VERBS = sorted({verb for _, verb in ALLOWED})
SAYS = {
    (FROM, "counsel"): (facts.ReturnCounselled, {}),
    (FROM, "decide"): (facts.ReturnDecided, {}),
    (FROM, "confirm"): (facts.ReturnConfirmed, {}),
    (FROM, "check"): (facts.ReturnChecked, {"check": "escort", "standing": True, "grounds": "v1.why"}),
    (FROM, "assess"): (facts.ReturnAssessed, {"result": "safe", "grounds": "v1.why"}),
    (FROM, "clear"): (facts.ReturnCleared, {"result": "safe"}),
    (FROM, "suspend"): (facts.ReturnSuspended, {"reason": "safety-concern"}),
    (FROM, "resume"): (facts.ReturnResumed, {}),
    (FROM, "depart"): (
        facts.ReturnDeparted,
        {"expected_at": NOW + DAY, "handover": "airport", "escorted": False},
    ),
    (FROM, "turn_back"): (facts.ReturnTurnedBack, {}),
    (FROM, "miss"): (facts.ReturnMissed, {"recorded_by": "sending"}),
    (FROM, "close"): (facts.ReturnClosed, {"outcome": "contact-lost", "recorded_by": "sending"}),
    (FROM, "withdraw"): (facts.ReturnWithdrawn, {}),
    (TO, "miss"): (facts.ReturnMissed, {"recorded_by": "receiving"}),
    (TO, "arrive"): (facts.ReturnArrived, {}),
    (TO, "close"): (facts.ReturnClosed, {"outcome": "contact-lost", "recorded_by": "receiving"}),
}


def test_every_verb_with_a_command_stands_in_the_table_of_each_half_that_has_it():
    """Handing over has none: `test_hand_over.py` is about it."""
    moves = {(half, verb) for half, verbs in MOVES.items() for verb in verbs}
    assert set(ALLOWED) == set(SAYS) == moves - {(FROM, Verb.HAND_OVER)}


def do(made: Return, verb: str, now: datetime = NOW) -> list[facts.Fact]:
    """As if nothing stood in the way; `contact-lost` is an outcome wherever there is one."""
    calls = {
        "check": lambda: made.check("escort", standing()),
        "assess": lambda: made.assess("safe", "v1.why", "th.worker", now),
        "clear": lambda: made.clear("th.supervisor", (), now),
        "depart": lambda: made.depart(now + DAY, "airport", (), now),
        "suspend": lambda: made.suspend("safety-concern", now),
        "close": lambda: made.close("contact-lost", now),
    }
    return calls.get(verb, lambda: getattr(made, verb)(now))()


def a_half(state: State, half: Half, **changes: object) -> Return:
    return a_return(state, half, result="safe", decided_at=NOW, **changes)


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_moves_its_own_half_from_its_states_and_nothing_else(verb: str, state: State, half: Half):
    start, to = ALLOWED.get((half, verb), (None, None))
    made = a_half(state, half)
    if start is None:
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
        assert made.state == (state if to is STAYS else to)
        assert made.version > 1


@pytest.mark.parametrize(("half", "verb"), ALLOWED)
def test_each_move_says_its_own_fact_with_the_half_that_moved(half: Half, verb: str):
    made = a_half(min(ALLOWED[half, verb][0]), half)
    kind, carried = SAYS[half, verb]
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
    assert expected in do(made, verb)


def test_a_clearance_or_departure_that_is_blocked_says_every_reason_and_moves_nothing():
    for state, verb in (
        (S.ASSESSED, lambda r: r.clear("x", ("risk-unsafe", "documents-missing"), NOW)),
        (S.CLEARED, lambda r: r.depart(NOW + DAY, "airport", ("risk-unsafe", "documents-missing"), NOW)),
    ):
        made = a_return(state)
        (blocked,) = verb(made)
        assert (blocked.reason, blocked.reasons) == ("risk-unsafe", ("risk-unsafe", "documents-missing"))
        assert (made.state, made.version) == (state, 1)


def test_an_assessment_after_the_clearance_takes_the_clearance_back():
    made = a_half(S.CLEARED, FROM, cleared_at=NOW, clearer="th.supervisor")
    resumed, assessed = made.assess("unsafe", "v1.why", "th.worker", NOW)
    assert isinstance(resumed, facts.ReturnResumed)
    assert isinstance(assessed, facts.ReturnAssessed)
    assert (made.state, made.cleared_at, made.clearer, made.result) == (S.ASSESSED, None, None, "unsafe")


def test_what_was_suspended_goes_on_where_it_was_and_must_be_confirmed_and_cleared_again():
    for known, state in (
        ({}, S.REQUESTED),
        ({"counselled_at": NOW}, S.COUNSELLED),
        ({"counselled_at": NOW, "decided_at": NOW}, S.DECIDED),
        ({"counselled_at": NOW, "decided_at": NOW, "assessed_at": NOW, "result": "safe"}, S.ASSESSED),
    ):
        made = a_return(S.SUSPENDED, confirmed_at=NOW, cleared_at=NOW, clearer="x", **known)
        made.resume(NOW)
        assert (made.state, made.confirmed_at, made.cleared_at, made.clearer) == (state, None, None, None)


def test_who_was_turned_back_is_assessed_anew_before_she_goes_again():
    made = a_half(S.TURNED_BACK, FROM, assessed_at=NOW, grounds="v1.why", assessor="th.worker")
    made.resume(NOW)
    assert (made.state, made.result, made.grounds, made.assessor) == (S.DECIDED, None, None, None)


@pytest.mark.parametrize("half", Half)
def test_the_clock_says_once_that_she_is_overdue_and_only_while_nobody_knows(half: Half):
    made = a_return(S.DEPARTED, half, expected_at=NOW)
    (overdue,) = made.overdue(NOW)
    assert (overdue.half, overdue.expected_at, made.state) == (half, NOW, S.DEPARTED)
    assert made.overdue(NOW + DAY) == []
    assert a_return(S.DEPARTED, half, expected_at=NOW + DAY).overdue(NOW) == []
    for state in set(State) - {S.DEPARTED}:
        assert a_return(state, half, expected_at=NOW).overdue(NOW) == []


def test_a_second_departure_has_a_clock_of_its_own():
    made = a_half(S.CLEARED, FROM, expected_at=NOW, overdue_at=NOW)
    do(made, "depart")
    assert (made.expected_at, made.overdue_at) == (NOW + DAY, None)


def test_nobody_says_that_help_goes_on_but_who_goes_on_helping():
    made = a_half(S.ARRIVED, TO)
    with pytest.raises(WrongOutcome):
        made.close("reintegration-ongoing", NOW)
    with pytest.raises(WrongOutcome):
        made.close("not-returned", NOW)
    made.close("reintegration-ongoing", NOW, ongoing=True)
    assert made.outcome == "reintegration-ongoing"


def test_who_never_arrived_is_not_closed_as_if_she_had():
    for state in (S.SUSPENDED, S.TURNED_BACK, S.MISSED):
        made = a_half(state, FROM)
        for outcome in ("reintegrated", "reintegration-ongoing", "returned-without-plan"):
            with pytest.raises(WrongOutcome):
                made.close(outcome, NOW, ongoing=True)


OPEN_THERE = {S.DECIDED, S.CLEARED, S.SUSPENDED, S.TURNED_BACK}
FOLLOWED_FROM = {
    (FROM, Verb.ARRIVE): set(State) - {S.ARRIVED},
    (FROM, Verb.MISS): {S.DEPARTED},
    (FROM, Verb.CLOSE): {S.ARRIVED} | ON_THE_WAY,
    (TO, Verb.CLEAR): {S.DECIDED, S.SUSPENDED, S.TURNED_BACK},
    (TO, Verb.SUSPEND): {S.DECIDED, S.CLEARED},
    (TO, Verb.RESUME): {S.CLEARED, S.SUSPENDED, S.TURNED_BACK},
    (TO, Verb.DEPART): OPEN_THERE,
    (TO, Verb.MISS): {S.DEPARTED},
    (TO, Verb.TURN_BACK): ON_THE_WAY,
    (TO, Verb.CLOSE): OPEN_THERE | ON_THE_WAY,
    (TO, Verb.WITHDRAW): OPEN_THERE | ON_THE_WAY,
}


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_a_half_follows_the_other_or_notes_what_it_heard(verb: Verb, state: State, half: Half):
    made = a_return(state, half, departed_at=NOW)
    said = made.follow(verb, FollowedMove(NOW, "reintegrated"), NOW)
    if state in FOLLOWED_FROM.get((half, verb), set()):
        assert said[0].half == half
        assert made.version > 1
    else:
        assert said == [CodeIgnored(made.id, half, verb, state)]
        assert (made.state, made.version) == (state, 1)


def test_nobody_arrives_who_never_left_and_no_arrival_is_followed_twice():
    never = a_return(S.CLEARED)
    assert never.follow(Verb.ARRIVE, FollowedMove(NOW), NOW) == [
        CodeIgnored(never.id, FROM, Verb.ARRIVE, S.CLEARED)
    ]
    closed = a_return(S.CLOSED, departed_at=NOW, arrived_at=NOW)
    assert closed.follow(Verb.ARRIVE, FollowedMove(NOW), NOW) == [
        CodeIgnored(closed.id, FROM, Verb.ARRIVE, S.CLOSED)
    ]


def test_who_was_given_up_and_stands_before_the_partner_has_arrived():
    for state in (S.TURNED_BACK, S.WITHDRAWN, S.CLOSED, S.MISSED):
        made = a_return(state, departed_at=NOW, outcome="contact-lost", closed_at=NOW)
        made.follow(Verb.ARRIVE, FollowedMove(NOW), NOW)
        assert made.state is S.ARRIVED
        assert state is not S.CLOSED or (made.outcome, made.closed_at) == (None, None)


def test_a_missing_of_the_journey_before_is_not_taken_for_one_of_this_journey():
    made = a_return(S.DEPARTED, departed_at=NOW)
    assert made.follow(Verb.MISS, FollowedMove(NOW - DAY), NOW) == [
        CodeIgnored(made.id, FROM, Verb.MISS, S.DEPARTED)
    ]


def test_a_closing_that_is_told_without_its_outcome_is_followed_without_it():
    made = a_return(S.ARRIVED)
    (closed,) = made.follow(Verb.CLOSE, FollowedMove(NOW), NOW)
    assert (closed.outcome, closed.recorded_by, made.outcome) == ("not-disclosed", "receiving", None)


def test_a_clearance_abroad_opens_the_receiving_half_once_with_the_result_of_the_assessment():
    case, abroad = CaseReturns(a_return().case_id), a_return(half=TO)
    (cleared,) = case.clear(abroad, FollowedMove(NOW, "safe-with-conditions"), NOW)
    half = case.halves[abroad.id, TO]
    assert (cleared.half, cleared.result, half.state) == (TO, "safe-with-conditions", S.CLEARED)
    assert case.clear(abroad, FollowedMove(NOW, "safe"), NOW) == [
        CodeIgnored(abroad.id, TO, Verb.CLEAR, S.CLEARED)
    ]


def test_a_departure_whose_clearance_was_lost_is_expected_all_the_same():
    case, abroad = CaseReturns(a_return().case_id), a_return(half=TO)
    cleared, departed, expected = case.depart(abroad, FollowedMove(NOW), NOW)
    assert isinstance(cleared, facts.ReturnCleared)
    assert isinstance(departed, facts.ReturnDeparted)
    assert expected == facts.ArrivalExpected(abroad.id, TO, NOW + UNTOLD)
    assert case.halves[abroad.id, TO].state == S.DEPARTED


def test_no_word_of_the_other_side_puts_our_clock_off_for_ever():
    made = a_return(S.CLEARED, TO)
    _, expected = made.follow(
        Verb.DEPART, FollowedMove(NOW, journey=Journey(NOW + 9999 * DAY, "airport", True)), NOW
    )
    assert expected.expected_at == NOW + LONGEST


SENT = [verb for half, verb in ALLOWED if half is FROM]
RECEIVED = [f"there-{verb}" for half, verb in ALLOWED if half is TO]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from([*SENT, *RECEIVED, "reach-sender", "reach-receiver"]), max_size=60))
def test_when_everything_has_arrived_the_halves_agree(steps: list[str]):
    sending = a_return()
    there = CaseReturns(sending.case_id)
    to_sender: list[facts.Fact] = []
    to_receiver: list[facts.Fact] = []
    now = NOW
    for step in [*steps, *["reach-sender", "reach-receiver"] * 60]:
        now += timedelta(minutes=1)
        if step == "reach-sender" and to_sender:
            hear_here(sending, to_sender.pop(0), now)
        elif step == "reach-receiver" and to_receiver:
            hear_there(there, sending, to_receiver.pop(0), now)
        elif step in SENT:
            to_receiver.extend(attempt(sending, step, now))
        elif step in RECEIVED:
            to_sender.extend(attempt(there.halves.get((sending.id, TO)), step[6:], now))
    receiving = there.halves.get((sending.id, TO))
    if receiving is None:
        assert sending.departed_at is None
    else:
        assert seen_from_there(receiving.state) == seen_from_there(sending.state)


def seen_from_there(state: State) -> State:
    """How far it is prepared is not told before it is cleared."""
    return S.DECIDED if state in PREPARING else state


def attempt(made: Return | None, verb: str, now: datetime) -> list[facts.Fact]:
    try:
        return [] if made is None else do(made, verb, now)
    except (WrongMove, WrongOutcome):
        return []


def hear_here(sending: Return, heard: facts.Fact, now: datetime) -> None:
    kinds = {
        facts.ReturnArrived: Verb.ARRIVE,
        facts.ReturnMissed: Verb.MISS,
        facts.ReturnClosed: Verb.CLOSE,
    }
    sending.follow(kinds[type(heard)], FollowedMove(heard.at, getattr(heard, "outcome", None)), now)


def hear_there(there: CaseReturns, sending: Return, heard: facts.Fact, now: datetime) -> None:
    abroad = a_return(half=TO, id=sending.id, case_id=sending.case_id)
    verbs = {
        facts.ReturnSuspended: Verb.SUSPEND,
        facts.ReturnResumed: Verb.RESUME,
        facts.ReturnMissed: Verb.MISS,
        facts.ReturnTurnedBack: Verb.TURN_BACK,
        facts.ReturnClosed: Verb.CLOSE,
        facts.ReturnWithdrawn: Verb.WITHDRAW,
    }
    if isinstance(heard, facts.ReturnCleared):
        there.clear(abroad, FollowedMove(heard.at, heard.result), now)
    elif isinstance(heard, facts.ReturnDeparted):
        journey = Journey(heard.expected_at, heard.handover, heard.escorted)
        there.depart(abroad, FollowedMove(heard.at, journey=journey), now)
    elif type(heard) in verbs:
        there.follow(
            TO, sending.id, verbs[type(heard)], FollowedMove(heard.at, getattr(heard, "reason", None)), now
        )
