"""No fact is swallowed: each has its event or its work."""

from typing import get_args
from uuid import UUID

import pytest

from chassis.outbox import DueWork
from contracts.catalogue import entry_for
from services.consent.domain import facts
from services.consent.domain.states import State
from services.consent.outgoing import outgoing
from tests.consent.making import asked, record, request
from tests.consent.test_disclosure import AUTHORITY

ID = UUID(int=7)


def revision(made):
    return made.case_id, made.id, made.revision, made.head, made.terms


def authorised():
    disclosure = asked()
    return disclosure.authorise(AUTHORITY)[0]


FACTS = [
    facts.ConsentGiven(*revision(record(State.GIVEN))),
    facts.ConsentRequested(ID, ID, 1, "child_alone"),
    facts.ConsentNarrowed(*revision(record(State.GIVEN))),
    facts.ConsentRefused(ID, ID, 1),
    facts.ConsentWithdrawn(ID, ID, 2),
    facts.ConsentExpired(ID, ID, 2),
    facts.ConsentEnding(ID, ID, 2, "expires"),
    facts.ConsentRevoked(ID, ID, 2),
    facts.ProtectionRequested(*revision(record(State.PROTECTED)), approvers=("th.supervisor",)),
    facts.ProtectionDeclined(ID, ID, 2, "th.worker"),
    facts.ProtectionLapsed(ID, ID, 2, "th.worker"),
    facts.ProtectionRecorded(*revision(record(State.PROTECTED))),
    facts.ProtectionReviewed(ID, ID, 2, True),
    facts.ProtectionUnreviewed(ID, ID, "th-care-agency"),
    facts.ReviewDue(ID, "th-care-agency", AUTHORITY.valid_until),
    facts.ExpiryDue(ID, 3, AUTHORITY.valid_until),
    authorised(),
    facts.DisclosureRefused(ID, ID, ID, "no_consent"),
    facts.DisclosureRecalled(ID, ID, ID, "withdrawn"),
    facts.DisclosureCorrected(ID, ID, ID, 2, ("cor_FullName",)),
    facts.FenceDue(ID, AUTHORITY.valid_until),
    facts.ReadingEndDue(ID, "completed", AUTHORITY.valid_until),
    facts.LengthenDue(ID, AUTHORITY.valid_until),
    facts.LookDue("th-kh-2026", 2, "begun", AUTHORITY.valid_until),
    facts.HandOverAsked(request(), AUTHORITY.valid_until),
    facts.NoticeChanged("2026-2", "km", "proposed", 2, "a" * 64),
]
WORK = {
    facts.ExpiryDue: ("expire", f"{ID}.3"),
    facts.ReviewDue: ("review", f"{ID}"),
    facts.FenceDue: ("fence", f"{ID}"),
    facts.ReadingEndDue: ("end", f"{ID}.completed.{int(AUTHORITY.valid_until.timestamp())}"),
    facts.LengthenDue: ("lengthen", f"{ID}.{int(AUTHORITY.valid_until.timestamp())}"),
    facts.LookDue: ("look", "th-kh-2026.2.begun"),
}


def test_every_fact_is_here():
    assert {type(fact) for fact in FACTS} == set(get_args(facts.Fact))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_becomes_what_the_catalogue_lets_consent_say_or_work(fact):
    said = outgoing(fact)
    if isinstance(said, DueWork):
        assert (said.kind, said.key) == WORK[type(fact)]
        assert said.due_at == AUTHORITY.valid_until
    else:
        name = type(fact).__name__
        assert type(said).__name__ == f"{name}V1"
        assert entry_for(type(said), "consent").publisher == "consent"


def test_a_given_consent_is_said_with_its_revision_and_hash():
    made = record(State.RENEWED)
    said = outgoing(facts.ConsentGiven(*revision(made)))
    assert (said.revision, said.revision_hash, said.recipients) == (
        2,
        made.head,
        ("kh-reintegration-agency",),
    )
