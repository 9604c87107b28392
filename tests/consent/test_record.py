"""The consent record: every verb from every state, the rules of giving, and what the end of a consent recalls."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import codes
from services.consent.domain import facts
from services.consent.domain.chain import verify
from services.consent.domain.record import Act, SamePerson
from services.consent.domain.states import MOVES, PERMITTING, State, WrongState
from services.consent.domain.terms import Assent, Capacity, IncompleteTerms, LegalBasis, Method, Terms
from tests.consent.making import ACT, NOW, PROTECTED, SALT, SECOND, SENDER, apply, record, request, terms
from tests.consent.making import asked as asked_disclosure
from tests.consent.test_disclosure import AUTHORITY

LEADS_TO = {
    "give": State.GIVEN,
    "refuse": State.REFUSED,
    "renew": State.RENEWED,
    "withdraw": State.WITHDRAWN,
    "revoke": State.REVOKED,
    "expire": State.EXPIRED,
}
HARMLESS = {("withdraw", State.WITHDRAWN)} | {
    ("expire", state) for state in State if state not in PERMITTING | {State.PROTECTED}
}
"""Where a verb neither moves nor complains: she may ask twice, and a clock may strike late."""

SAYS = {
    "give": [facts.ConsentGiven, facts.ExpiryDue],
    "refuse": [facts.ConsentRefused],
    "renew": [facts.ConsentGiven, facts.ExpiryDue],
    "withdraw": [facts.ConsentWithdrawn],
    "revoke": [facts.ConsentRevoked],
    "expire": [facts.ConsentExpired],
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", list(LEADS_TO))
def test_every_verb_from_every_state_moves_by_the_table_or_not_at_all(verb, state):
    made = record(state)
    before = (made.state, made.revision, made.head, made.terms)
    if (verb, state) in HARMLESS:
        assert apply(made, verb) == []
        assert (made.state, made.revision, made.head, made.terms) == before
    elif LEADS_TO[verb] in MOVES[state]:
        said = apply(made, verb)
        assert [type(fact) for fact in said] == SAYS[verb]
        assert (made.state, made.revision) == (LEADS_TO[verb], before[1] + 1)
    else:
        with pytest.raises(WrongState):
            apply(made, verb)
        assert (made.state, made.revision, made.head, made.terms) == before


@pytest.mark.parametrize("state", list(State))
def test_immediate_protection_is_asked_for_in_a_new_record_alone(state):
    made = record(state)
    made.terms, made.sealed = terms(**PROTECTED), {"reasons": "v1.x"}
    if state is State.REQUESTED:
        said = [type(fact) for fact in made.request_protection(ACT, ())]
        assert said == [facts.ProtectionRequested, facts.ExpiryDue]
        assert made.terms.valid_until == NOW + timedelta(hours=4)
    else:
        with pytest.raises(WrongState):
            made.request_protection(ACT, ())


def waiting():
    """A protection that was asked for by the worker."""
    made = record()
    made.terms, made.sealed = terms(**PROTECTED), {"reasons": "v1.x"}
    made.request_protection(ACT, ())
    return made


def test_a_second_person_approves_it_and_only_then_it_permits():
    made = waiting()
    assert not made.permits(NOW)
    with pytest.raises(SamePerson):
        made.approve(ACT, ACT.by, ())
    said = [type(fact) for fact in made.approve(SECOND, ACT.by, ())]
    assert said == [facts.ProtectionRecorded, facts.ExpiryDue, facts.ReviewDue]
    assert (made.state, made.terms.approved_by) == (State.PROTECTED, SECOND.by)
    assert made.permits(NOW)
    assert made.terms.valid_until == NOW + timedelta(hours=72)


def test_it_is_approved_within_its_time_and_not_at_the_end_of_it():
    made = waiting()
    late = Act(SECOND.by, SENDER, made.terms.valid_until)
    with pytest.raises(WrongState):
        made.approve(late, ACT.by, ())
    assert [type(fact) for fact in made.expire(late, ACT.by)] == [facts.ProtectionLapsed]
    assert made.state is State.EXPIRED


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_nothing_else_is_approved_or_declined(verb, state):
    made = record(state)
    before = (made.state, made.revision, made.head, made.terms)
    with pytest.raises(WrongState):
        made.approve(SECOND, ACT.by, ()) if verb == "approve" else made.decline({}, SECOND, ACT.by)
    assert (made.state, made.revision, made.head, made.terms) == before


def test_declined_it_is_over_and_is_no_word_of_hers():
    made = waiting()
    with pytest.raises(WrongState):
        made.revoke(SECOND)
    assert [type(fact) for fact in made.decline({"decline_reasons": "v1.y"}, SECOND, ACT.by)] == [
        facts.ProtectionDeclined
    ]
    assert (made.state, sorted(made.sealed)) == (State.REVOKED, ["decline_reasons", "reasons"])


def test_a_third_person_reviews_it_who_neither_asked_nor_approved():
    made = record(State.PROTECTED)
    for by in (ACT, SECOND):
        with pytest.raises(SamePerson):
            made.review({}, by, ACT.by, upheld=True)
    said = made.review({}, Act("th.third", SENDER, NOW), ACT.by, upheld=True)
    assert [type(fact) for fact in said] == [facts.ProtectionReviewed, facts.ExpiryDue]


@pytest.mark.parametrize(
    ("changes", "sealed", "where"),
    [
        ({"law": None}, {"reasons": "v1.x"}, "law"),
        ({"legal_basis": LegalBasis.VITAL_INTEREST}, {"reasons": "v1.x"}, "law"),
        ({}, {}, "reasons"),
    ],
)
def test_immediate_protection_has_a_law_and_reasons(changes, sealed, where):
    made = record()
    made.terms, made.sealed = terms(**{**PROTECTED, **changes}), sealed
    with pytest.raises(IncompleteTerms) as refused:
        made.request_protection(ACT, ())
    assert (refused.value.field, made.revision) == (where, 0)


@pytest.mark.parametrize("verb", ["give", "renew"])
def test_what_stands_in_place_of_a_consent_is_never_called_one(verb):
    made = record(State.PROTECTED)
    with pytest.raises(WrongState):
        apply(made, verb)
    apply(made, "expire")
    with pytest.raises(WrongState):
        apply(made, "renew")
    fresh = record()
    fresh.terms, fresh.sealed = terms(**PROTECTED), {"reasons": "v1.x"}
    with pytest.raises(IncompleteTerms):
        fresh.give(ACT)


def test_the_states_are_those_of_the_code_list():
    assert {str(state) for state in State} == set(codes("consent_state"))
    assert set(MOVES) == set(State)


def test_only_given_renewed_and_protected_permit():
    assert [state for state in State if record(state).permits(NOW)] == [
        State.GIVEN,
        State.RENEWED,
        State.PROTECTED,
    ]


def test_a_given_consent_permits_until_its_validity_ends_and_not_at_that_instant():
    made = record(State.GIVEN)
    end = made.terms.valid_until
    assert made.permits(end - timedelta(microseconds=1))
    assert not made.permits(end)


def test_an_expiry_that_comes_early_does_nothing():
    made = record(State.GIVEN)
    assert made.expire(Act("system:consent", "th-exchange", NOW), ACT.by) == []
    assert made.state is State.GIVEN


INCOMPLETE = [
    ({"risks_explained": False}, "risks_explained"),
    ({"valid_until": NOW}, "valid_until"),
    ({"valid_until": NOW + timedelta(days=367)}, "valid_until"),
    ({"method": Method.SPOKEN}, "witness"),
    ({"interpreted": True}, "interpreter_undertaking"),
    ({"capacity": Capacity.GUARDIAN, "assent": Assent.GIVEN}, "guardian"),
]


@pytest.mark.parametrize(("changes", "field"), INCOMPLETE)
def test_a_consent_that_lacks_what_makes_it_one_is_not_given(changes, field):
    made = record(**changes)
    with pytest.raises(IncompleteTerms) as caught:
        apply(made, "give")
    assert caught.value.field == field
    assert made.state is State.REQUESTED
    assert made.unsaved == []


@pytest.mark.parametrize("assent", [Assent.NOT_ASKED, Assent.DECLINED])
def test_a_guardian_cannot_consent_over_the_head_of_a_child_who_did_not_assent(assent):
    made = record(capacity=Capacity.GUARDIAN, assent=assent)
    made.sealed = {"guardian": "v1.x", "guardian_relationship": "v1.y"}
    with pytest.raises(IncompleteTerms) as caught:
        apply(made, "give")
    assert caught.value.field == "assent"


def test_a_guardian_consents_for_a_child_who_assents():
    made = record(capacity=Capacity.GUARDIAN, assent=Assent.GIVEN)
    made.sealed = {"guardian": "v1.x", "guardian_relationship": "v1.y"}
    apply(made, "give")
    assert (made.state, made.permits(NOW)) == (State.REQUESTED, False)
    with pytest.raises(SamePerson):
        made.confirm(ACT, ACT.by)
    made.confirm(Act("th.second", ACT.organisation, NOW), ACT.by)
    assert (made.state, made.terms.confirmed_by, made.permits(NOW)) == (State.GIVEN, "th.second", True)


def test_a_refusal_needs_nothing_of_what_a_consent_needs():
    made = record(risks_explained=False, valid_until=NOW)
    apply(made, "refuse")
    assert made.state is State.REFUSED


def test_a_renewal_is_checked_like_a_consent():
    made = record(State.GIVEN)
    with pytest.raises(IncompleteTerms):
        made.renew(terms(risks_explained=False), {}, ACT)
    assert made.state is State.GIVEN


@pytest.mark.parametrize(
    ("verb", "reason"), [("withdraw", "withdrawn"), ("revoke", "revoked"), ("expire", "expired")]
)
def test_the_end_of_a_consent_recalls_every_disclosure_made_under_it(verb, reason):
    made = record(State.GIVEN)
    made.disclosures = [asked_disclosure() for _ in range(4)]
    for disclosure in made.disclosures:
        disclosure.authorise(AUTHORITY)
    made.disclosures[1].sealed()
    made.disclosures[2].delivered()
    made.disclosures[3].undelivered("expired")
    recalls = [fact for fact in apply(made, verb) if isinstance(fact, facts.DisclosureRecalled)]
    assert [(fact.disclosure_id, fact.reason) for fact in recalls] == [
        (d.id, reason) for d in made.disclosures
    ]


def test_terms_come_back_from_json_as_they_were():
    assert Terms.from_json(terms().as_json()) == terms()
    assert request().fields  # the makers hold together


@given(st.lists(st.sampled_from(list(LEADS_TO)), max_size=12))
def test_whatever_is_tried_the_chain_holds_and_only_moves_add_to_it(verbs):
    made = record()
    for verb in verbs:
        before = made.revision
        try:
            said = apply(made, verb)
        except WrongState:
            said = []
        assert made.revision - before == (1 if said else 0)
    assert verify(((r.body(), r.hash) for r in made.unsaved), SALT) == made.revision


@given(st.lists(st.sampled_from(list(LEADS_TO)), max_size=12))
def test_what_was_withdrawn_revoked_or_refused_never_permits_again(verbs):
    made = record()
    ended = False
    for verb in verbs:
        try:
            apply(made, verb)
        except WrongState:
            continue
        ended = ended or made.state in {State.WITHDRAWN, State.REVOKED, State.REFUSED}
        assert not (ended and made.permits(NOW))


def test_a_fact_keeps_the_terms_of_its_revision_whatever_is_done_to_the_record_afterwards():
    made = record()
    (said, _) = apply(made, "give")
    head = made.head
    apply(made, "withdraw")
    assert (said.revision, said.revision_hash, made.revision) == (1, head, 2)
