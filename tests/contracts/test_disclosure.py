"""The disclosure: nothing is sent that consent, agreement, purpose and role do not all allow, and all is accounted for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.casefile.fields import FIELDS
from contracts.codes import codes
from contracts.disclosure import (
    PERMITTING_STATES,
    AgreementTerms,
    ConsentTerms,
    DisclosureRequest,
    categories_of,
    compute,
    fields_hash,
    role_needs,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(days=90), NOW - timedelta(days=90)
RECORD = ConsentTerms(
    "given",
    ("return-and-reintegration",),
    ("kh-reintegration-agency",),
    ("identity", "needs", "exploitation"),
    LATER,
)
AGREEMENT = AgreementTerms(
    "th-kh-2026", 1, "0" * 64, ("TH", "KH"), ("return-and-reintegration",),
    ("cor_FullName", "prs_Birthdate", "vic_TypeOfExploitation", "prs_Gender"), EARLIER, LATER,
)  # fmt: skip
REQUEST = DisclosureRequest(
    "return-and-reintegration", "kh-reintegration-agency", "KH", "TH", "reintegration",
    ("cor_FullName", "cor_Needs", "vic_TypeOfExploitation", "prs_Gender", "cor_Nothing"),
)  # fmt: skip


def test_each_field_is_sent_or_withheld_for_its_own_reason() -> None:
    disclosure = compute(RECORD, AGREEMENT, REQUEST, NOW)
    assert disclosure.sent == ("cor_FullName",)
    assert dict(disclosure.withheld) == {
        "vic_TypeOfExploitation": "not_needed_by_role",
        "cor_Needs": "not_in_agreement",
        "cor_Nothing": "unknown_field",
        "prs_Gender": "no_consent",
    }
    assert disclosure.refusal is None


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ("requested", "no_consent"),
        ("deferred", "no_consent"),
        ("refused", "consent_refused"),
        ("expired", "consent_expired"),
        ("invalidated", "consent_invalidated"),
        ("revoked", "consent_revoked"),
        ("withdrawn", "consent_withdrawn"),
        ("a-state-of-a-newer-version", "no_consent"),
    ],
)
def test_no_state_but_given_and_renewed_permits(state: str, refusal: str) -> None:
    disclosure = compute(replace(RECORD, state=state), AGREEMENT, REQUEST, NOW)
    assert (disclosure.sent, disclosure.refusal) == ((), refusal)


@pytest.mark.parametrize(
    ("record", "agreement", "request_", "refusal"),
    [
        (None, AGREEMENT, REQUEST, "no_consent"),
        (replace(RECORD, valid_until=NOW), AGREEMENT, REQUEST, "consent_expired"),
        (replace(RECORD, purposes=("legal-aid",)), AGREEMENT, REQUEST, "purpose_not_consented"),
        (replace(RECORD, recipients=("kh-other-agency",)), AGREEMENT, REQUEST, "recipient_not_consented"),
        (RECORD, None, REQUEST, "no_agreement"),
        (RECORD, replace(AGREEMENT, cells=("TH", "LA")), REQUEST, "no_agreement"),
        (RECORD, AGREEMENT, replace(REQUEST, recipient_cell="TH"), "no_agreement"),
        (RECORD, replace(AGREEMENT, valid_from=LATER), REQUEST, "agreement_not_in_force"),
        (RECORD, replace(AGREEMENT, valid_until=NOW), REQUEST, "agreement_not_in_force"),
        (RECORD, replace(AGREEMENT, purposes=("legal-aid",)), REQUEST, "purpose_outside_agreement"),
        (RECORD, AGREEMENT, replace(REQUEST, recipient_role="police"), "unknown_role"),
        (RECORD, AGREEMENT, replace(REQUEST, fields=("vic_TypeOfExploitation",)), "nothing_to_disclose"),
        (RECORD, AGREEMENT, replace(REQUEST, fields=()), "nothing_to_disclose"),
    ],
)
def test_a_refusal_names_the_first_wall(record, agreement, request_, refusal: str) -> None:
    disclosure = compute(record, agreement, request_, NOW)
    assert (disclosure.sent, disclosure.refusal) == ((), refusal)


def test_an_agreement_of_one_cell_serves_at_home_and_an_agreement_of_three_serves_each_two() -> None:
    at_home = replace(REQUEST, recipient_cell="TH")
    assert compute(RECORD, replace(AGREEMENT, cells=("TH",)), at_home, NOW).refusal is None
    assert compute(RECORD, replace(AGREEMENT, cells=("TH", "TH")), at_home, NOW).refusal is None
    assert compute(RECORD, replace(AGREEMENT, cells=("TH", "LA", "KH")), REQUEST, NOW).refusal is None


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=len(values)).map(tuple)


NAMES = [*FIELDS, "cor_Nothing", "prs_Shoe"]
PURPOSES = ["return-and-reintegration", "legal-aid"]
RECIPIENTS = ["kh-reintegration-agency", "kh-shelter"]


def mostly(usual, *others) -> st.SearchStrategy:
    """Every wall must be met, but seldom: else no example ever reaches the fields."""
    return st.sampled_from([usual] * 12 + list(others))


def many(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values), min_size=len(values) // 3).map(
        lambda chosen: tuple(sorted(chosen))
    )


records = st.builds(
    ConsentTerms,
    mostly("given", *codes("consent_state")),
    mostly(tuple(PURPOSES), ("legal-aid",), ()),
    mostly(tuple(RECIPIENTS), ("kh-shelter",), ()),
    many(list(codes("data_category"))),
    mostly(LATER, NOW, EARLIER),
)
agreements = st.builds(
    AgreementTerms,
    st.just("th-kh-2026"),
    st.just(1),
    st.just("0" * 64),
    mostly(("TH", "KH"), ("TH",), ("TH", "LA")),
    mostly(tuple(PURPOSES), ("legal-aid",), ()),
    many(NAMES),
    mostly(EARLIER, NOW, LATER),
    mostly(LATER, NOW, EARLIER),
)
requests = st.builds(
    DisclosureRequest,
    st.sampled_from(PURPOSES),
    st.sampled_from(RECIPIENTS),
    mostly("KH", "TH", "LA"),
    st.just("TH"),
    st.sampled_from([*codes("recipient_role"), "police"]),
    many(NAMES),
)


@settings(max_examples=500)
@given(records, agreements, requests)
def test_what_is_sent_lies_in_every_set_and_every_field_is_accounted_for_once(
    record, agreement, request_
) -> None:
    disclosure = compute(record, agreement, request_, NOW)
    withheld = [name for name, _ in disclosure.withheld]
    assert sorted([*disclosure.sent, *withheld]) == sorted(set(request_.fields))
    assert {reason for _, reason in disclosure.withheld} <= set(codes("withheld_reason"))
    assert (disclosure.refusal is None) == bool(disclosure.sent)
    assert disclosure.refusal is None or disclosure.refusal in codes("disclosure_refusal")
    if not disclosure.sent:
        return
    categories = {FIELDS[name].category for name in disclosure.sent}
    assert record.state in PERMITTING_STATES
    assert record.valid_until > NOW
    assert request_.purpose in record.purposes
    assert request_.purpose in agreement.purposes
    assert request_.recipient in record.recipients
    assert request_.recipient_cell in agreement.cells
    assert agreement.valid_from <= NOW < agreement.valid_until
    assert categories <= set(record.categories)
    assert categories <= role_needs()[request_.recipient_role]
    assert set(disclosure.sent) <= set(agreement.fields)


@given(many(NAMES), many(list(codes("data_category"))), many(list(FIELDS)))
def test_with_consent_and_agreement_in_force_nothing_that_may_be_sent_is_held_back(
    fields, categories, agreed
) -> None:
    record, agreement = replace(RECORD, categories=categories), replace(AGREEMENT, fields=agreed)
    disclosure = compute(record, agreement, replace(REQUEST, fields=fields), NOW)
    needed = role_needs()["reintegration"]
    assert set(disclosure.sent) == {
        name for name in fields
        if name in agreed and FIELDS[name].category in categories and FIELDS[name].category in needed
    }  # fmt: skip


@given(records, agreements, requests)
def test_consent_to_less_never_sends_more(record, agreement, request_) -> None:
    less = replace(record, categories=record.categories[1:])
    assert set(compute(less, agreement, request_, NOW).sent) <= set(
        compute(record, agreement, request_, NOW).sent
    )


def test_the_hash_of_fields_knows_no_order_and_no_repetition() -> None:
    assert fields_hash(["prs_Gender", "cor_FullName"]) == fields_hash(
        ("cor_FullName", "prs_Gender", "prs_Gender")
    )
    assert fields_hash(["cor_FullName"]) == "9976b8d83a7889c05517a15d8b277ae77345e8d2d0e51496a27761a56696632a"
    assert fields_hash([]) != fields_hash(["cor_FullName"])


def test_categories_come_from_the_fields() -> None:
    assert categories_of(["prs_Gender", "cor_FullName", "cor_Nothing"]) == ("demographic", "identity")
