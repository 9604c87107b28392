"""The check on an item: what is refused, with which code, and that nothing outside agreement ∩ consent ever passes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.border.check import Agreement, Way, check_item
from contracts.border.items import (
    AgreementReference,
    Answer,
    ConsentReference,
    ControlItem,
    Correction,
    DisclosureContent,
    DisclosureItem,
    Item,
    Presence,
    ProcessContent,
    ProcessItem,
    Proof,
    Recall,
)
from contracts.casefile.fields import FIELDS
from contracts.codes import codes
from contracts.disclosure import AgreementTerms

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WAY = Way("th-care-agency", "TH", "kh-reintegration-agency", "KH")
BORDER = Way("th-exchange", "TH", "kh-exchange", "KH")
REFERENCE = AgreementReference("th-kh", 2, "c" * 64)
FIELD_NAMES = sorted(FIELDS)
CATEGORIES = sorted(codes("data_category"))


def agreement(**changes: object) -> Agreement:
    terms = AgreementTerms(
        id="th-kh",
        version=2,
        sha256="c" * 64,
        cells=("TH", "KH"),
        purposes=("protection",),
        fields=("cor_FullName", "prs_Citizenship", "cor_Health"),
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=90),
    )
    return Agreement(replace(terms, **changes), ("referral.accepted", "referral.rejected"), "a law")


def content(**changes: object) -> DisclosureContent:
    consent = ConsentReference(
        receipt=UUID(int=7),
        revision=3,
        sha256="a" * 64,
        purpose="protection",
        categories=("identity", "demographic"),
        expiry=NOW + timedelta(days=9),
        back=("outcome",),
    )
    made = DisclosureContent(
        disclosure_id=UUID(int=5),
        referral_id=UUID(int=6),
        service="shelter",
        urgency="urgent",
        agreement=REFERENCE,
        consent=consent,
        legal_basis="a law",
        fields=("cor_FullName", "prs_Citizenship"),
        data={"cor_FullName": "Som", "prs_Citizenship": ("KH",)},
        proof=Proof(7, "b" * 64),
    )
    consent_changes = {k: v for k, v in changes.items() if hasattr(consent, k)}
    others = {k: v for k, v in changes.items() if k not in consent_changes}
    return replace(made, consent=replace(consent, **consent_changes), **others)


def disclosure(**changes: object) -> Item:
    return DisclosureItem(UUID(int=1), UUID(int=2), content(**changes))


def process(code: str = "referral.accepted", reason: str | None = None) -> Item:
    body = ProcessContent(REFERENCE, code, UUID(int=6), NOW, reason)
    return ProcessItem(UUID(int=1), UUID(int=2), body)


def test_a_disclosure_inside_agreement_and_consent_passes() -> None:
    assert check_item(disclosure(), agreement(), WAY, NOW) is None


def test_a_field_without_a_value_may_be_listed() -> None:
    assert check_item(disclosure(data={}), agreement(), WAY, NOW) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expiry": NOW}, "consent_expired"),
        ({"proof": None}, "missing_proof"),
        ({"proof": Proof(0, "b" * 64)}, "missing_proof"),
        ({"proof": Proof(7, "b" * 63)}, "missing_proof"),
        ({"proof": Proof(7, "b" * 64, "tlog-proof")}, "missing_proof"),
        ({"purpose": "legal-aid"}, "purpose_outside_agreement"),
        ({"purpose": "deportation"}, "unknown_code"),
        ({"service": "detention"}, "unknown_code"),
        ({"urgency": "whenever"}, "unknown_code"),
        ({"categories": ("identity", "everything")}, "unknown_code"),
        ({"back": ("everything",)}, "unknown_code"),
        ({"fields": (), "data": {}}, "unknown_code"),
        ({"fields": ("cor_FullName", "no_such_field")}, "unknown_code"),
        ({"fields": ("cor_FullName", "prs_Email"), "data": {}}, "field_outside_agreement"),
        ({"data": {"prs_Email": "a@b.c"}}, "field_outside_agreement"),
        ({"fields": ("cor_FullName", "cor_Health"), "data": {}}, "field_outside_consent"),
        ({"fields": ("cor_FullName",)}, "field_outside_consent"),
        ({"categories": ("identity",)}, "field_outside_consent"),
        ({"data": {"prs_Citizenship": ("XX",)}}, "unknown_code"),
        ({"data": {"cor_FullName": ""}}, "invalid_value"),
        ({"data": {"cor_FullName": ("a", "b")}}, "invalid_value"),
        ({"data": {"cor_FullName": "a\x00b"}}, "invalid_value"),
    ],
)
def test_a_disclosure_is_refused_with_the_code_of_what_is_wrong(
    changes: dict[str, object], code: str
) -> None:
    assert check_item(disclosure(**changes), agreement(), WAY, NOW) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 3},
        {"sha256": "d" * 64},
        {"id": "other"},
        {"cells": ("TH",)},
        {"cells": ("TH", "MM")},
        {"valid_from": NOW + timedelta(seconds=1)},
        {"valid_until": NOW},
    ],
)
def test_an_agreement_that_is_not_exactly_ours_and_in_force_refuses_disclosures_and_process_codes(
    changes: dict[str, object],
) -> None:
    for item in (disclosure(), process()):
        assert check_item(item, agreement(**changes), WAY, NOW) == "agreement_not_in_force"
        assert check_item(item, None, WAY, NOW) == "agreement_not_in_force"


def test_an_agreement_abroad_says_nothing_at_home() -> None:
    home = Way("th-care-agency", "TH", "th-legal-aid", "TH")
    assert check_item(disclosure(), agreement(), home, NOW) == "agreement_not_in_force"
    assert check_item(disclosure(), agreement(cells=("TH",)), home, NOW) is None


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (process(), None),
        (process("return.departed"), "process_outside_agreement"),
        (process("referral.forgotten"), "unknown_code"),
        (process("referral.rejected", "no-capacity"), None),
        (process("referral.rejected", "dislike"), "unknown_code"),
        (process("referral.rejected", "service-delivered"), "unknown_code"),
        (process(reason="no-capacity"), "unknown_code"),
    ],
)
def test_process_codes_need_the_agreement(item: Item, code: str | None) -> None:
    assert check_item(item, agreement(), WAY, NOW) == code


def control(body: object) -> Item:
    return ControlItem(UUID(int=1), body)


@pytest.mark.parametrize(
    ("item", "way", "code"),
    [
        (control(Presence({}, {})), BORDER, None),
        (control(Presence({}, {})), WAY, "sender_mismatch"),
        (control(Presence({}, {})), replace(BORDER, recipient="kh-health-agency"), "wrong_recipient"),
        (control(Answer(UUID(int=1), "erased")), BORDER, None),
        (control(Answer(UUID(int=1), "perhaps")), BORDER, "unknown_code"),
        (control(Recall(UUID(int=1), UUID(int=2), "withdrawn")), BORDER, None),
        (control(Recall(UUID(int=1), UUID(int=2), "a reason of tomorrow")), BORDER, None),
        (control(Correction(UUID(int=1), UUID(int=2), ("prs_Birthdate",))), BORDER, None),
        (control(Correction(UUID(int=1), UUID(int=2), ("1999-03-09",))), BORDER, "unknown_code"),
        (control(Correction(UUID(int=1), UUID(int=2), ("prs_Birthdate",))), WAY, "sender_mismatch"),
    ],
)
def test_control_passes_without_any_agreement_but_only_between_the_authorities(
    item: Item, way: Way, code: str | None
) -> None:
    assert check_item(item, None, way, NOW) == code


fields_of = st.lists(st.sampled_from(FIELD_NAMES), max_size=8, unique=True).map(tuple)
categories_of = st.lists(st.sampled_from(CATEGORIES), max_size=6, unique=True).map(tuple)
moments = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))


@given(fields_of, fields_of, categories_of, fields_of, moments, moments, moments, st.sampled_from([0, 1, 7]))
def test_whatever_passes_is_inside_agreement_and_consent_and_in_time(
    listed: tuple[str, ...],
    agreed: tuple[str, ...],
    categories: tuple[str, ...],
    sent: tuple[str, ...],
    begins: datetime,
    ends: datetime,
    expiry: datetime,
    entry: int,
) -> None:
    item = disclosure(
        fields=listed,
        data=dict.fromkeys(sent, "x"),
        categories=categories,
        expiry=expiry,
        proof=Proof(entry, "b" * 64),
    )
    ours = agreement(fields=agreed, valid_from=begins, valid_until=ends)
    code = check_item(item, ours, WAY, NOW)
    assert code is None or code in codes("border_refusal")
    if code is None:
        assert set(sent) <= set(listed) <= set(agreed)
        assert {FIELDS[name].category for name in listed} <= set(categories)
        assert begins <= NOW < ends
        assert expiry > NOW
        assert entry > 0


@given(fields_of.filter(bool), st.integers(0, 7))
def test_what_is_inside_both_and_in_time_passes(listed: tuple[str, ...], extra: int) -> None:
    item = disclosure(fields=listed, data={}, categories=tuple(CATEGORIES), revision=extra)
    assert check_item(item, agreement(fields=(*listed, *FIELD_NAMES[:extra])), WAY, NOW) is None


def test_a_transfer_crosses_no_border():
    at_home = replace(WAY, recipient="th-legal-aid", recipient_cell="TH")
    item = disclosure(kind="transfer")
    assert check_item(item, agreement(), WAY, NOW) == "transfer_abroad"
    assert check_item(item, agreement(cells=("TH",)), at_home, NOW) is None
    assert check_item(disclosure(kind="seizure"), agreement(), WAY, NOW) == "unknown_code"


INSIDE = Way("th-care-agency", "TH", "th-shelter", "TH")
LEAST = ("cor_FullName", "cor_Needs", "prs_PrimaryLanguage")
PROTECTION = {
    "basis": "immediate-protection",
    "law": "th-personal-data-26-1",
    "kind": "transfer",
    "fields": LEAST,
    "data": {"cor_FullName": "Som"},
    "categories": ("identity", "demographic", "needs"),
    "back": (),
    "expiry": NOW + timedelta(hours=72),
}


def least(way: Way = INSIDE, **changes: object) -> str | None:
    cells = ("TH",) if way is INSIDE else ("TH", "KH")
    agreed = agreement(cells=cells, fields=tuple(FIELDS), purposes=("protection", "legal-aid"))
    return check_item(disclosure(**{**PROTECTION, **changes}), agreed, way, NOW)


def test_the_least_passes_inside_the_country_on_a_legal_basis() -> None:
    assert least() is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fields": (*LEAST, "prs_Gender"), "data": {}}, "outside_protection"),
        ({"kind": "referral"}, "outside_protection"),
        ({"law": "kh-victim-standards-2009"}, "outside_protection"),
        ({"purpose": "legal-aid"}, "outside_protection"),
        ({"back": ("outcome",)}, "outside_protection"),
        ({"expiry": NOW + timedelta(hours=80)}, "outside_protection"),
        ({"law": None}, "unknown_code"),
        ({"law": "th-any-law"}, "unknown_code"),
        ({"basis": None}, "unknown_code"),
        ({"basis": "public-task"}, "unknown_code"),
    ],
)
def test_a_legal_basis_carries_nothing_beyond_the_least(changes: dict[str, object], code: str) -> None:
    assert least(**changes) == code


def test_a_legal_basis_never_crosses_a_border() -> None:
    assert least(WAY) == "transfer_abroad"
    assert least(WAY, kind="referral") == "outside_protection"
