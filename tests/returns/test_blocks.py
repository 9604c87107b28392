"""What stands in the way of a return: every code of the list fires and clears, and nobody leaves past an open one."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from contracts.codes import codes
from services.returns.domain import facts
from services.returns.domain.blocks import SUPPLIERS, CaseOutlook, blocks
from services.returns.domain.fitness import Certificate
from services.returns.domain.journey import FollowedMove, Journey
from services.returns.domain.outcomes import OUTCOMES
from services.returns.domain.states import ENDED, FOLLOWS, MOVES, Half, State, Verb, WrongMove
from tests.returns.making import NOW, RULES, TODAY, fit, known, moment, ready, standing

DAY = timedelta(days=1)
CHILDS = {
    kind: standing()
    for kind in ("best-interests", "guardian-agreement", "family-traced", "family-assessed", "escort")
}


def blocked(changes: dict[str, object] | None = None, **knowing: object) -> tuple[str, ...]:
    return blocks(ready(**(changes or {})), known(**knowing), RULES, moment())


def checks(**changes: object) -> dict[str, object]:
    return {"checks": {**ready().checks, **CHILDS, **changes}}


def a_certificate(issued_days_ago: int = 1, valid_days: int = 5) -> Certificate:
    return Certificate(TODAY - issued_days_ago * DAY, TODAY + valid_days * DAY)


def test_nothing_stands_in_the_way_of_an_adult_who_is_fit_expected_and_decided() -> None:
    assert blocked() == ()


FIRING = {
    "hold-on-removal": ({}, {"holds": frozenset({NOW + DAY})}),
    "decision-missing": ({"decided_at": None}, {}),
    "decision-not-confirmed": ({"confirmed_at": NOW - timedelta(hours=72, seconds=1)}, {}),
    "receiver-not-listed": ({}, {"listed": False}),
    "reception-not-agreed": ({}, {"accepted_by": frozenset({"kh-health-agency"})}),
    "risk-assessment-missing": ({"result": None, "grounds": None, "assessor": None}, {}),
    "risk-unsafe": ({"result": "unsafe"}, {}),
    "risk-grounds-missing": ({"grounds": None}, {}),
    "same-person": ({"assessor": "th.clearer"}, {}),
    "not-fit-to-travel": ({}, {"fitness": None}),
    "certificate-expired": ({}, {"fitness": fit(weeks=30, certificate=a_certificate(1, -1))}),
    "best-interests-missing": (
        checks(**{"best-interests": replace(standing(), standing=False)}),
        {"age_group": "child"},
    ),
    "guardian-missing": (
        checks(**{"guardian-agreement": standing(TODAY - DAY)}),
        {"age_group": "child"},
    ),
    "family-not-assessed": (
        checks(**{"family-assessed": replace(standing(), standing=False)}),
        {"age_group": "child"},
    ),
    "linked-unsettled": (checks(**{"linked-settled": standing()}), {"linked_at": NOW + timedelta(seconds=1)}),
    "escort-missing": ({}, {"fitness": fit(escort=True)}),
    "documents-missing": ({"checks": {"passport": standing(TODAY - DAY)}}, {}),
}
CLEARED = {
    "hold-on-removal": ({}, {"holds": frozenset({NOW})}),
    "decision-not-confirmed": ({"confirmed_at": NOW - timedelta(hours=72)}, {}),
    "certificate-expired": ({}, {"fitness": fit(weeks=30, certificate=a_certificate())}),
    "best-interests-missing": (checks(), {"age_group": "child"}),
    "guardian-missing": (checks(**{"guardian-agreement": standing(TODAY)}), {"age_group": "child"}),
    "family-not-assessed": (checks(), {"age_group": "child"}),
    "linked-unsettled": (checks(**{"linked-settled": standing()}), {"linked_at": NOW - DAY}),
    "escort-missing": (checks(), {"fitness": fit(escort=True)}),
    "documents-missing": ({"checks": {"border-pass": standing(TODAY)}}, {}),
}
"""Where it is another thing than the ready return that clears it: the same condition, one step on the right side."""


@pytest.mark.parametrize("code", codes("return_block"))
def test_every_code_of_the_list_fires_alone_and_clears(code: str) -> None:
    changes, knowing = FIRING[code]
    assert blocked(changes, **knowing) == (code,)
    changes, knowing = CLEARED.get(code, ({}, {}))
    assert blocked(changes, **knowing) == ()


@pytest.mark.parametrize("code", codes("return_block"))
def test_every_code_says_who_can_supply_what_is_missing(code: str) -> None:
    assert SUPPLIERS[code].route.split(" ")[0] in {"POST", "PUT", "DELETE"}
    assert set(SUPPLIERS) == set(codes("return_block"))


def test_who_is_not_known_to_be_an_adult_returns_as_a_child() -> None:
    for knowing in (
        {"age_group": None},
        {"age_group": "child"},
        {"age_group": "adult", "flags": frozenset({"unaccompanied_child"})},
        {"age_group": "adult", "flags": frozenset({"separated_child"})},
    ):
        assert blocked(**knowing) == (
            "best-interests-missing",
            "guardian-missing",
            "family-not-assessed",
            "escort-missing",
        )


def test_what_was_never_heard_of_protects() -> None:
    assert set(blocks(ready(), CaseOutlook(), RULES, moment())) == {
        *("receiver-not-listed", "reception-not-agreed", "not-fit-to-travel", "best-interests-missing"),
        *("guardian-missing", "family-not-assessed", "escort-missing"),
    }


NOT_FIT = {
    "nobody assessed her": None,
    "the clinician says no": fit(fit=False),
    "36 weeks": fit(weeks=36, certificate=a_certificate()),
    "32 weeks with multiples": fit(weeks=32, multiple=True, certificate=a_certificate()),
    "35 weeks eight days ago": fit(weeks=35, assessed_on=TODAY - 8 * DAY, certificate=a_certificate()),
    "28 weeks without a certificate": fit(weeks=28),
    "a birth 4 days ago": fit(birth_on=TODAY - 4 * DAY, certificate=a_certificate()),
    "a birth 13 days ago": fit(birth_on=TODAY - 13 * DAY, certificate=a_certificate()),
    "a newborn of 20 days": fit(birth_on=TODAY - 20 * DAY, newborn=True, certificate=a_certificate()),
    "a birth 20 days ago without a certificate": fit(birth_on=TODAY - 20 * DAY),
}
FIT = {
    "27 weeks": fit(weeks=27),
    "28 weeks with a certificate": fit(weeks=28, certificate=a_certificate()),
    "35 weeks": fit(weeks=35, certificate=a_certificate()),
    "31 weeks with multiples": fit(weeks=31, multiple=True, certificate=a_certificate()),
    "a birth 14 days ago": fit(birth_on=TODAY - 14 * DAY, certificate=a_certificate()),
    "a newborn of 28 days": fit(birth_on=TODAY - 28 * DAY, newborn=True, certificate=a_certificate()),
    "a birth 42 days ago without a certificate": fit(birth_on=TODAY - 42 * DAY),
}


@pytest.mark.parametrize("what", [*NOT_FIT, *FIT])
def test_fitness_is_measured_against_the_thresholds_of_the_country(what: str) -> None:
    expected = ("not-fit-to-travel",) if what in NOT_FIT else ()
    assert blocked(fitness={**NOT_FIT, **FIT}[what]) == expected


@pytest.mark.parametrize("flag", ["late_pregnancy", "recent_birth", "medical_emergency"])
def test_an_urgent_flag_asks_for_an_assessment_that_knew_of_it(flag: str) -> None:
    raised = frozenset({flag})
    assert blocked(flags=raised) == ("not-fit-to-travel",)
    assert blocked(flags=raised, fitness=fit(flags=raised)) == ()


def test_everything_must_last_until_the_day_on_which_she_is_expected() -> None:
    made = ready(checks={"passport": standing(TODAY + DAY)})
    knowing = known(fitness=fit(weeks=35, certificate=a_certificate(valid_days=1)))
    assert blocks(made, knowing, RULES, moment(days=1)) == ()
    assert blocks(made, knowing, RULES, moment(days=2)) == ("certificate-expired", "documents-missing")
    assert blocks(made, knowing, RULES, moment(days=7)) == (
        "not-fit-to-travel",
        "certificate-expired",
        "documents-missing",
    )


def test_a_certificate_counts_no_longer_than_the_rules_let_any_count() -> None:
    long = fit(weeks=30, certificate=Certificate(TODAY - 10 * DAY, TODAY + 300 * DAY))
    assert blocked(fitness=long) == ()
    assert blocks(ready(), known(fitness=long), RULES, moment(days=1)) == ("certificate-expired",)


@pytest.mark.parametrize("years", [541, 544], ids=["over since two years", "over in a year"])
def test_a_year_of_the_buddhist_era_makes_no_paper_count_for_centuries(years: int) -> None:
    """Read off a Thai paper as it stands there: 2567 is 2024, and a day five centuries from now."""
    written = TODAY.replace(year=TODAY.year + years, day=1)
    assert blocked({"checks": {"passport": standing(written)}}) == ("documents-missing",)
    dated = fit(weeks=30, certificate=Certificate(written, written + 5 * DAY))
    assert blocked(fitness=dated) == ("certificate-expired",)


CONDITIONS = {
    "hold": ({}, {"holds": frozenset({NOW + DAY})}),
    "no decision": ({"decided_at": None}, {}),
    "not confirmed": ({"confirmed_at": None}, {}),
    "not listed": ({}, {"listed": False}),
    "no reception": ({}, {"accepted_by": frozenset()}),
    "unsafe": ({"result": "unsafe"}, {}),
    "no grounds": ({"grounds": None}, {}),
    "same person": ({"assessor": "th.clearer"}, {}),
    "not fit": ({}, {"fitness": None}),
    "child": ({}, {"age_group": "child"}),
    "no documents": ({"checks": {}}, {}),
}
"""Each makes at least one block, whatever the others are."""


def combined(chosen: list[str], state: State) -> tuple[object, CaseOutlook]:
    changes: dict[str, object] = {}
    knowing: dict[str, object] = {}
    for name in chosen:
        changes |= CONDITIONS[name][0]
        knowing |= CONDITIONS[name][1]
    return ready(state, **changes), known(**knowing)


def test_in_no_state_and_under_no_conditions_does_anybody_leave_past_an_open_block() -> None:
    """The whole product: twelve states, and each of eleven conditions there or not."""
    seen = 0
    for state, *there in product(State, *([(False, True)] * len(CONDITIONS))):
        chosen = [name for name, is_there in zip(CONDITIONS, there, strict=True) if is_there]
        made, knowing = combined(chosen, state)
        stopped = blocks(made, knowing, RULES, moment())
        assert bool(stopped) == bool(chosen)
        for verb, allowed in ((Verb.CLEAR, State.CLEARED), (Verb.DEPART, State.DEPARTED)):
            one = replace(made)
            said = tried(one, verb, stopped)
            may = state in MOVES[Half.SENDING][verb].start and not chosen
            assert (one.state is allowed and one.state is not state) == may
            if said and stopped:
                assert [(fact.reasons, one.version) for fact in said] == [(stopped, made.version)]
            seen += 1
    assert seen == 2 * len(State) * 2 ** len(CONDITIONS)


def tried(made: object, verb: Verb, stopped: tuple[str, ...]) -> list[facts.Fact]:
    try:
        if verb is Verb.CLEAR:
            return made.clear("th.clearer", stopped, NOW)
        return made.depart(NOW + DAY, "land-border", stopped, NOW)
    except WrongMove:
        return []


@pytest.mark.parametrize("state", sorted(set(State) - ENDED))
def test_every_state_that_is_not_the_end_has_an_exit_of_its_own_and_one_to_the_end(state: State) -> None:
    ways = {
        here: {move.to for moves in MOVES.values() for move in moves.values() if here in move.start}
        for here in State
    }
    for moves in FOLLOWS.values():
        for verb, start in moves.items():
            for here in start:
                ways[here] |= {move[verb].to for move in MOVES.values() if verb in move}
    reached, edge = set(), {state}
    while edge:
        reached |= edge
        edge = {to for here in edge for to in ways[here] if to is not None} - reached
    assert reached & ENDED
    sending = {v for v, move in MOVES[Half.SENDING].items() if state in move.start and move.to is not state}
    receiving = {v for v, move in MOVES[Half.RECEIVING].items() if state in move.start}
    assert (sending - {Verb.CONFIRM, Verb.CHECK}) or receiving
    assert Verb.WITHDRAW in sending or state is State.ARRIVED


@pytest.mark.parametrize("state", OUTCOMES)
def test_a_return_can_be_closed_wherever_it_has_outcomes_and_nowhere_else(state: State) -> None:
    closing = {state for moves in MOVES.values() for state in moves[Verb.CLOSE].start}
    assert closing == set(OUTCOMES)
    assert OUTCOMES[state] <= set(codes("return_outcome"))
    assert {code for outcomes in OUTCOMES.values() for code in outcomes} == set(codes("return_outcome"))


def test_a_departure_is_told_with_the_journey_as_the_receiver_needs_it() -> None:
    made = ready(State.CLEARED, checks={**ready().checks, **CHILDS})
    departed, expected = made.depart(NOW + DAY, "airport", (), NOW)
    assert (departed.expected_at, departed.handover, departed.escorted) == (NOW + DAY, "airport", True)
    assert expected == facts.ArrivalExpected(made.id, Half.SENDING, NOW + DAY)
    receiving = ready(State.CLEARED, half=Half.RECEIVING)
    receiving.follow(Verb.DEPART, FollowedMove(NOW, journey=Journey(NOW + DAY, "airport", True)), NOW)
    assert (receiving.expected_at, receiving.handover, receiving.escorted) == (NOW + DAY, "airport", True)
