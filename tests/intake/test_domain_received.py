"""What is received: every verb from every state, and the ways in which events overtake one another."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.casefile.domain import facts
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.received import (
    CLOSED,
    MOVES,
    READABLE,
    Arrival,
    Disclosure,
    ReceivedFile,
    ReceivedGrant,
    ReceivedState,
    ReceivedVerb,
)

CASE, PERSON, REFERRAL = UUID(int=1), UUID(int=2), UUID(int=3)
ONE, TWO = UUID(int=11), UUID(int=12)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
GRANT = ReceivedGrant(
    disclosure_id=ONE,
    consent_revision=1,
    consent_sha256="a" * 64,
    agreement_id="th-kh",
    agreement_version=1,
    purpose="protection",
    recipient="th-a",
    fields=("cor_FullName",),
    back_categories=(),
    valid_until=NOW,
    sender="kh-a",
    sender_cell="KH",
    service="shelter",
)


def arrival(disclosure_id=ONE, referral_id=REFERRAL, person_id=PERSON, **values) -> Arrival:
    return Arrival(
        disclosure_id, referral_id, person_id, "urgent", GRANT, values or {"cor_FullName": "v1.x"}, NOW
    )


def file(**changes) -> ReceivedFile:
    return ReceivedFile(CASE, **changes)


def closed(disclosure_id) -> facts.IndexDue:
    """What was indexed of the person by this disclosure goes."""
    return facts.IndexDue(CASE, disclosure_id, closed=True)


@pytest.mark.parametrize(("state", "verb"), itertools.product(ReceivedState, ReceivedVerb))
def test_every_verb_from_every_state_moves_as_the_table_says_or_changes_nothing(state, verb):
    one = Disclosure(ONE, CASE, REFERRAL, state, GRANT)
    after = MOVES.get((state, verb))
    assert one.move(verb) is (after is not None)
    assert (one.state, one.changed) == (after or state, after is not None)


def test_what_is_closed_is_not_readable():
    assert {ReceivedState.HELD, ReceivedState.ACCEPTED} == READABLE
    assert {ReceivedState.ERASED, ReceivedState.RESTRICTED, ReceivedState.STOPPED} == CLOSED


def test_the_first_disclosure_opens_the_case_for_the_recipient():
    assert file().receive(arrival()) == [
        facts.CaseOpened(CASE, PERSON, "exchange", "th-a", "urgent", NOW),
        facts.CaseAssigned(CASE, "th-a", ()),
        facts.AgeGroupKnown(CASE, "child", "unknown"),
        facts.IndexDue(CASE, ONE),
    ]


def test_nothing_is_said_of_her_age_before_the_date_that_came_is_opened():
    grant = replace(GRANT, fields=("cor_FullName", "prs_Birthdate"))
    one = file()
    said = one.receive(replace(arrival(prs_Birthdate="v1.x"), grant=grant))
    assert said == [
        facts.CaseOpened(CASE, PERSON, "exchange", "th-a", "urgent", NOW),
        facts.CaseAssigned(CASE, "th-a", ()),
        facts.ReceivedAgeDue(CASE, ONE),
    ]
    assert one.receive(arrival(TWO)) == [facts.IndexDue(CASE, TWO)]


def test_a_field_outside_the_grant_is_not_kept():
    one = file()
    one.receive(arrival(cor_FullName="v1.x", prs_Email="v1.y"))
    assert one.disclosures[ONE].values == {"cor_FullName": "v1.x"}


def test_a_repeated_disclosure_changes_nothing():
    one = file()
    one.receive(arrival())
    one.disclosures[ONE].changed = False
    assert one.receive(arrival()) == []
    assert one.disclosures[ONE].changed is False


def restricted(disclosure_id: UUID) -> list[facts.CaseFact]:
    """Answered at once: the case goes on under its key."""
    answer = facts.DisclosureClosed(CASE, disclosure_id, "restricted")
    return [answer, facts.ValuesDeleted(PERSON, disclosure_id), closed(disclosure_id)]


def test_a_recall_before_acceptance_asks_for_the_end_of_the_key():
    one = file()
    one.receive(arrival())
    assert one.recall(ONE, REFERRAL) == [facts.KeyUnneeded(CASE, PERSON, ONE), closed(ONE)]
    assert (one.state, one.disclosures[ONE].values) == (CaseState.OPEN, {})


def test_a_recall_is_answered_at_once_where_the_case_was_opened_here_or_its_referral_accepted():
    own = file(person_id=PERSON, opened_here=True)
    own.receive(arrival())
    assert own.recall(ONE, REFERRAL) == restricted(ONE)
    accepted = file()
    accepted.receive(arrival())
    accepted.accept(REFERRAL)
    accepted.receive(replace(arrival(TWO), referral_id=TWO))
    assert accepted.recall(TWO, TWO) == restricted(TWO)


def test_what_comes_after_its_recall_is_dropped_and_answered_then():
    one = file()
    assert one.recall(ONE, REFERRAL) == []
    assert one.receive(arrival()) == [facts.KeyUnneeded(CASE, PERSON, ONE)]
    assert (one.disclosures[ONE].values, one.receive(arrival())) == ({}, [])
    own = file(person_id=PERSON, opened_here=True)
    own.recall(ONE, REFERRAL)
    assert own.receive(arrival()) == restricted(ONE)[:2]


def test_a_repeated_recall_is_answered_once():
    one = file()
    one.receive(arrival())
    one.accept(REFERRAL)
    assert one.recall(ONE, REFERRAL) == restricted(ONE)
    assert one.recall(ONE, REFERRAL) == []


def test_an_erased_case_takes_the_new_key_of_a_person_referred_again():
    one = file()
    one.receive(arrival())
    one.recall(ONE, REFERRAL)
    one.state = CaseState.ERASED
    again = UUID(int=77)
    assert one.receive(arrival(TWO, person_id=again)) == [
        facts.CaseReopened(CASE, again),
        facts.CaseAssigned(CASE, "th-a", ()),
        facts.TasksDue(CASE, str(TWO)),
        facts.AgeGroupKnown(CASE, "child", "unknown"),
        facts.IndexDue(CASE, TWO),
    ]
    assert (one.state, one.person_id) == (CaseState.OPEN, UUID(int=77))


@given(st.lists(st.sampled_from(["receive", "accept", "recall"]), max_size=8))
def test_once_recalled_nothing_is_readable_whatever_the_order_of_events(order):
    one = file()
    said = []
    for event in order:
        match event:
            case "receive":
                said += one.receive(arrival())
            case "accept":
                said += one.accept(REFERRAL)
            case "recall":
                said += one.recall(ONE, REFERRAL)
    if "recall" in order:
        assert one.disclosures[ONE].state in CLOSED
        answers = [f for f in said if isinstance(f, facts.DisclosureClosed | facts.KeyUnneeded)]
        assert len(answers) == ("receive" in order)
    if "recall" in order and "receive" not in order[: order.index("recall")]:
        assert one.disclosures[ONE].values == {}


def test_a_correction_is_noted_where_something_is_kept_and_nowhere_else():
    one = file()
    one.correct(ONE, ["cor_FullName"])
    assert one.disclosures == {}
    one.receive(arrival())
    one.correct(ONE, ["cor_FullName"])
    assert one.disclosures[ONE].corrected == ("cor_FullName",)
    erased = file()
    erased.receive(arrival())
    erased.recall(ONE, REFERRAL)
    erased.correct(ONE, ["cor_FullName"])
    assert erased.disclosures[ONE].corrected == ()
