"""A change by two people: every verb in every state, by whoever may and whoever may not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.directory.domain.organisation import Caretaker, Organisation, Profile, WrongStanding
from services.directory.domain.proposal import (
    CONFIRM_WITHIN,
    OPEN_FOR,
    Change,
    Operator,
    OwnOrganisation,
    Proposal,
    ProposalExpired,
    ProposalState,
    ProposalVerb,
    ProposerGone,
    SamePerson,
    Wish,
    WrongProposalState,
)
from services.directory.domain.staff import from_file

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
MOMENT = timedelta(seconds=1)
SUSPENSION = Wish(
    Change.SUSPEND, "th-shelter", cases_to="th.supervisor", cases_to_organisation="th-care-agency"
)
ROLE = Wish(Change.GIVE_ROLE, "th-shelter", worker="th.new", staff_role="supervisor")
EVERYBODY = frozenset({"th.one", "th.two", "th.new"})
FIRST = Operator("th.one", "th-operations", NOW, EVERYBODY)
SECOND = replace(FIRST, subject="th.two")
CARETAKER = Caretaker("th-care-agency", "th.supervisor")
MOVES = {
    (ProposalState.PROPOSED, ProposalVerb.CONFIRM): ProposalState.CONFIRMED,
    (ProposalState.PROPOSED, ProposalVerb.WITHDRAW): ProposalState.WITHDRAWN,
    (ProposalState.ACTING, ProposalVerb.CONFIRM): ProposalState.CONFIRMED,
    (ProposalState.ACTING, ProposalVerb.WITHDRAW): ProposalState.WITHDRAWN,
}


def made(state: ProposalState = ProposalState.PROPOSED, wish: Wish = SUSPENSION) -> Proposal:
    proposal, _ = Proposal.of(UUID(int=1), wish, "OPS-1", FIRST, at_once=state is ProposalState.ACTING)
    proposal.state = state
    return proposal


def at(later: timedelta, by: Operator = SECOND) -> Operator:
    return replace(by, at=NOW + later)


@pytest.mark.parametrize(("state", "verb"), product(ProposalState, ProposalVerb))
def test_a_verb_moves_where_the_table_says_so_and_nowhere_else(
    state: ProposalState, verb: ProposalVerb
) -> None:
    proposal, after = made(state), MOVES.get((state, verb))
    assert proposal.lets(verb, SECOND) == (after is not None)
    if after is None:
        with pytest.raises(WrongProposalState):
            getattr(proposal, verb)(SECOND)
        return
    (fact,) = getattr(proposal, verb)(SECOND)
    assert (proposal.state, fact.state, proposal.decided_by, proposal.version) == (after, after, "th.two", 2)


@pytest.mark.parametrize("state", [ProposalState.PROPOSED, ProposalState.ACTING])
def test_whoever_proposed_it_does_not_confirm_it(state: ProposalState) -> None:
    with pytest.raises(SamePerson):
        made(state).confirm(FIRST)


def test_whoever_suspended_at_once_does_not_lift_it_and_takes_any_other_proposal_back() -> None:
    with pytest.raises(SamePerson):
        made(ProposalState.ACTING).withdraw(FIRST)
    assert made().withdraw(FIRST)[0].state is ProposalState.WITHDRAWN


@pytest.mark.parametrize("wish", [ROLE, replace(SUSPENSION, cases_to="th.new")], ids=["role", "caretaker"])
def test_nobody_has_a_say_in_what_is_about_themselves(wish: Wish) -> None:
    own = replace(FIRST, subject="th.new")
    with pytest.raises(SamePerson):
        Proposal.of(UUID(int=1), wish, "OPS-1", own)
    for state in (ProposalState.PROPOSED, ProposalState.ACTING):
        for verb in ProposalVerb:
            assert not made(state, wish).lets(verb, own)
            with pytest.raises(SamePerson):
                getattr(made(state, wish), verb)(own)


def test_nobody_withdraws_what_is_about_the_organisation_that_they_sign_in_for() -> None:
    own = replace(SECOND, organisation="th-shelter")
    for state in (ProposalState.PROPOSED, ProposalState.ACTING):
        with pytest.raises(OwnOrganisation):
            made(state).withdraw(own)


@pytest.mark.parametrize("state", [ProposalState.PROPOSED, ProposalState.ACTING])
def test_the_word_of_somebody_who_is_no_operator_any_more_is_not_one_of_two(state: ProposalState) -> None:
    left = replace(SECOND, operators=EVERYBODY - {"th.one"})
    with pytest.raises(ProposerGone):
        made(state).confirm(left)
    assert made(state).withdraw(left)[0].state is ProposalState.WITHDRAWN


def test_a_suspension_by_one_person_gives_way_to_that_of_two_and_nothing_else_does() -> None:
    for by in (FIRST, SECOND):
        acting = made(ProposalState.ACTING)
        (fact,) = acting.give_way(by)
        assert (acting.state, fact.state, acting.decided_by) == (
            ProposalState.WITHDRAWN,
            ProposalState.WITHDRAWN,
            by.subject,
        )
    with pytest.raises(WrongProposalState):
        made(ProposalState.CONFIRMED).give_way(SECOND)


def test_nobody_suspends_the_organisation_that_they_sign_in_for() -> None:
    own = replace(SECOND, organisation="th-shelter")
    with pytest.raises(OwnOrganisation):
        Proposal.of(UUID(int=1), SUSPENSION, "OPS-1", own)
    with pytest.raises(OwnOrganisation):
        made().confirm(own)


def test_a_proposal_that_nobody_confirmed_in_time_changes_nothing_and_can_be_taken_away() -> None:
    assert made().confirm(at(OPEN_FOR))[0].state is ProposalState.CONFIRMED
    late = at(OPEN_FOR + MOMENT)
    with pytest.raises(ProposalExpired):
        made().confirm(late)
    assert (made().is_expired(late.at), made().lets(ProposalVerb.CONFIRM, late)) == (True, False)
    assert made().withdraw(late)[0].state is ProposalState.WITHDRAWN


def test_a_suspension_at_once_is_overdue_after_a_day_and_never_ends_by_itself() -> None:
    for later, overdue in (
        (CONFIRM_WITHIN, False),
        (CONFIRM_WITHIN + MOMENT, True),
        (timedelta(days=365), True),
    ):
        proposal = made(ProposalState.ACTING)
        assert (proposal.is_overdue(NOW + later), proposal.is_expired(NOW + later)) == (overdue, False)
        assert proposal.confirm(at(later))[0].state is ProposalState.CONFIRMED


def organisation() -> Organisation:
    return Organisation("th-shelter", Profile("TH", "shelter", "Shelter", "active", {}), version=3)


def test_one_person_ends_reading_and_two_give_the_cases_on() -> None:
    shelter = organisation()
    (alone,) = shelter.suspend(None)
    assert (alone.suspended, alone.caretaker) == (True, None)
    (both,) = shelter.suspend(CARETAKER)
    assert (both.suspended, both.caretaker, both.version) == (True, CARETAKER, 5)
    for again in (None, CARETAKER):
        with pytest.raises(WrongStanding):
            shelter.suspend(again)
    (restored,) = shelter.restore()
    assert (restored.suspended, restored.caretaker) == (False, None)


def test_what_acts_by_the_word_of_one_person_is_not_restored_by_another_way() -> None:
    shelter = organisation()
    with pytest.raises(WrongStanding):
        shelter.restore()
    shelter.suspend(None)
    with pytest.raises(WrongStanding):
        shelter.restore()


def test_what_two_people_decided_of_a_role_goes_before_the_file() -> None:
    file = {"th.one": ["supervisor", "case_worker"], "th.two": ["case_worker"], "th.new": []}
    decisions = {
        ("th.one", "supervisor"): False,
        ("th.two", "case_worker"): False,
        ("th.new", "supervisor"): True,
    }
    assert from_file(file, (), decisions) == (
        ("th.new", ("supervisor",)),
        ("th.one", ("case_worker",)),
        ("th.two", ()),
    )


def test_a_role_that_was_given_ends_when_the_file_no_longer_names_who_has_it() -> None:
    known = (("th.left", ("case_worker", "supervisor")), ("th.one", ("case_worker",)))
    decisions = {("th.left", "supervisor"): True, ("th.gone", "operator"): False}
    assert from_file({"th.one": ["case_worker"]}, known, decisions) == (
        ("th.gone", ()),
        ("th.left", ()),
        ("th.one", ("case_worker",)),
    )
