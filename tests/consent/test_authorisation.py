"""Whether a disclosure is allowed: which record and agreement are chosen, and when a token is refused."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.codes import codes
from contracts.disclosure import fields_hash
from services.consent.domain.authorisation import DirectoryEntry, Ground, TokenRequest, decide, token_refusal
from services.consent.domain.case import CaseConsents
from services.consent.domain.disclosure import Disclosure, Stage
from services.consent.domain.facts import DisclosureAuthorised, DisclosureRefused
from services.consent.domain.states import State
from tests.consent.making import ACT, AGENCY, NOW, PURPOSE, agreement, apply, ground, record, request, terms

SENT = ("cor_FullName", "cor_Needs", "prs_MobilePhone")


def authorised(**changes):
    """A given record with one disclosure authorised under it, and what the border would ask."""
    made = record(State.GIVEN, **changes)
    decision = decide([made], ground(), request(made.case_id), NOW)
    disclosure = Disclosure(uuid4(), decision.request)
    disclosure.authorise(decision.authority())
    made.disclosures.append(disclosure)
    return made, disclosure, TokenRequest(AGENCY, made.revision, fields_hash(SENT))


def test_what_is_sent_is_what_she_agreed_to_and_no_more():
    decision = decide([record(State.GIVEN)], ground(), request(), NOW)
    assert decision.computed.sent == SENT
    assert decision.computed.withheld == (("vic_TypeOfExploitation", "no_consent"),)


def test_without_any_record_nothing_is_sent_and_every_field_says_why():
    decision = decide([], ground(), request(), NOW)
    assert decision.computed.refusal == "no_consent"
    assert {reason for _, reason in decision.computed.withheld} == {"no_consent"}


def test_a_recipient_that_the_directory_does_not_know_is_refused():
    decision = decide([record(State.GIVEN)], replace(ground(), directory={}), request(), NOW)
    assert (decision.computed.refusal, decision.computed.sent) == ("unknown_recipient", ())


def test_the_directory_outweighs_what_a_referral_claims_of_its_recipient():
    claimed = request(recipient_role="health", recipient_cell="MM")
    decision = decide([record(State.GIVEN)], ground(role="family-tracing"), claimed, NOW)
    assert (decision.request.recipient_role, decision.request.recipient_cell) == ("family-tracing", "KH")
    assert decision.computed.sent == ("cor_FullName", "prs_MobilePhone")


def test_of_several_records_the_one_that_allows_most_is_taken():
    narrow = record(State.GIVEN, categories=("identity",))
    wide = record(State.GIVEN)
    withdrawn = record(State.WITHDRAWN, categories=("contact", "identity", "needs", "exploitation"))
    decision = decide([narrow, wide, withdrawn], ground(), request(), NOW)
    assert decision.record is wide


def test_records_are_never_added_up():
    identity = record(State.GIVEN, categories=("identity",))
    needs = record(State.GIVEN, categories=("needs",))
    assert len(decide([identity, needs], ground(), request(), NOW).computed.sent) == 1


def test_the_refusal_is_that_of_the_record_that_comes_nearest():
    other = record(State.GIVEN, purposes=("legal-aid",))
    withdrawn = record(State.WITHDRAWN)
    decision = decide([other, withdrawn], ground(), request(), NOW)
    assert decision.computed.refusal == "consent_withdrawn"


def test_an_agreement_of_other_countries_does_not_serve():
    decision = decide([record(State.GIVEN)], ground(agreement(cells=("TH", "MM"))), request(), NOW)
    assert decision.computed.refusal == "no_agreement"


def test_an_agreement_that_ends_sooner_than_the_consent_bounds_the_grant():
    end = NOW + timedelta(days=3)
    decision = decide([record(State.GIVEN)], ground(agreement(valid_until=end)), request(), NOW)
    assert decision.authority().valid_until == end


def test_in_country_needs_an_agreement_of_this_country_alone():
    at_home = Ground(
        "TH", [agreement(id="th-2026", cells=("TH",))], {AGENCY: DirectoryEntry("TH", "reintegration")}
    )
    assert decide([record(State.GIVEN)], at_home, request(), NOW).computed.sent == SENT
    abroad = replace(at_home, agreements=[agreement()])
    assert decide([record(State.GIVEN)], abroad, request(), NOW).computed.refusal == "no_agreement"


def test_a_token_is_given_for_exactly_what_was_authorised():
    made, disclosure, wanted = authorised()
    assert token_refusal(disclosure, made, ground(), wanted, NOW) is None


@pytest.mark.parametrize(
    "changed", [{"recipient": "kh-shelter"}, {"revision": 2}, {"fields_hash": fields_hash(SENT[:1])}]
)
def test_a_token_for_anything_else_is_refused(changed):
    made, disclosure, wanted = authorised()
    assert token_refusal(disclosure, made, ground(), replace(wanted, **changed), NOW) == "disclosure_changed"


@pytest.mark.parametrize(
    ("verb", "refusal"),
    [
        ("withdraw", "consent_withdrawn"),
        ("erase", "consent_withdrawn"),
        ("revoke", "consent_revoked"),
        ("expire", "consent_expired"),
    ],
)
def test_after_the_end_of_the_consent_there_is_no_token(verb, refusal):
    made, disclosure, wanted = authorised()
    apply(made, verb)
    assert token_refusal(disclosure, made, ground(), wanted, NOW) == refusal


def test_after_its_validity_there_is_no_token_even_before_the_clock_has_struck():
    made, disclosure, wanted = authorised()
    assert token_refusal(disclosure, made, ground(), wanted, made.terms.valid_until) == "consent_expired"


def test_a_renewal_to_the_same_terms_does_not_stand_in_the_way():
    made, disclosure, wanted = authorised()
    apply(made, "renew")
    assert token_refusal(disclosure, made, ground(), wanted, NOW) is None


def test_a_renewal_to_narrower_terms_does():
    made, disclosure, wanted = authorised()
    made.renew(terms(categories=("identity",)), {}, ACT)
    assert token_refusal(disclosure, made, ground(), wanted, NOW) == "disclosure_changed"


@pytest.mark.parametrize("changed", [{"version": 2}, {"sha256": "b" * 64}])
def test_another_version_of_the_agreement_is_not_what_was_authorised(changed):
    made, disclosure, wanted = authorised()
    newer = ground(agreement(**changed))
    assert token_refusal(disclosure, made, newer, wanted, NOW) == "disclosure_changed"


def test_an_agreement_that_ended_refuses_the_token():
    made, disclosure, wanted = authorised()
    ended = ground(agreement(valid_until=NOW))
    assert token_refusal(disclosure, made, ended, wanted, NOW) == "agreement_not_in_force"


def test_a_cancelled_referral_gets_no_token():
    made, disclosure, wanted = authorised()
    disclosure.end("cancelled", timedelta(0), NOW)
    assert token_refusal(disclosure, made, ground(), wanted, NOW) == "referral_cancelled"


def test_every_refusal_of_a_token_is_a_code_of_the_list():
    known = set(codes("disclosure_refusal"))
    assert {"disclosure_changed", "referral_cancelled", "unknown_recipient", "no_consent"} <= known
    assert {f"consent_{reason}" for reason in ("withdrawn", "revoked", "expired")} <= known


@pytest.mark.parametrize("stage", [Stage.DELIVERED, Stage.REFUSED])
def test_what_is_delivered_or_was_refused_gets_no_token(stage):
    made, disclosure, wanted = authorised()
    disclosure.stage = stage
    assert token_refusal(disclosure, made, ground(), wanted, NOW) == "disclosure_changed"


def test_a_referral_asks_once_and_again_only_after_a_refusal():
    made = record(State.GIVEN)
    case = CaseConsents(made.case_id, ground(), records={})
    disclosure_id, asking = uuid4(), request(made.case_id)
    assert [type(f) for f in case.ask(disclosure_id, asking, NOW)] == [DisclosureRefused]
    case.records[made.id] = made
    assert [type(f) for f in case.ask(disclosure_id, asking, NOW)] == [DisclosureAuthorised]
    assert case.ask(disclosure_id, asking, NOW) == []
    assert made.disclosures == [case.disclosures[disclosure_id]]


def test_purpose_is_the_one_that_she_agreed_to():
    assert decide([record(State.GIVEN)], ground(), request(purpose="legal-aid"), NOW).computed.refusal == (
        "purpose_not_consented"
    )
    assert PURPOSE in record().terms.purposes


def test_a_case_is_transferred_inside_one_country_only():
    decision = decide([record(State.GIVEN)], ground(), request(kind="transfer"), NOW)
    assert (decision.computed.refusal, decision.computed.sent) == ("transfer_abroad", ())
    at_home = replace(
        ground(agreement(cells=("TH",))), directory={AGENCY: DirectoryEntry("TH", "reintegration")}
    )
    assert decide([record(State.GIVEN)], at_home, request(kind="transfer"), NOW).computed.sent == SENT
