"""Immediate protection, written down here by hand and not read from the file: to whom, which fields, and nothing beyond."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casefile.fields import FIELDS
from contracts.codes import codes
from contracts.disclosure import TRANSFER, AgreementTerms, ConsentTerms, DisclosureRequest, compute
from contracts.protection import IMMEDIATE_PROTECTION, PROTECTED, is_of_country, protection

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=72)
LEAST = ("cor_FullName", "cor_Needs", "cor_UrgentProtection", "prs_PrimaryLanguage")
ALL = tuple(sorted(FIELDS))
RECORD = ConsentTerms(
    PROTECTED,
    ("protection",),
    ("th-shelter",),
    tuple(sorted(codes("data_category"))),
    LATER,
    basis=IMMEDIATE_PROTECTION,
)
AGREEMENT = AgreementTerms("th-th", 1, "0" * 64, ("TH",), ("protection",), ALL, NOW, LATER)
ABROAD = replace(AGREEMENT, cells=("TH", "KH"))
REQUEST = DisclosureRequest("protection", "th-shelter", "TH", "TH", "shelter", ALL, TRANSFER)


def test_exactly_the_least_is_sent_whatever_is_asked_and_agreed_to() -> None:
    disclosure = compute(RECORD, AGREEMENT, REQUEST, NOW)
    assert (disclosure.sent, disclosure.refusal) == (LEAST, None)
    assert {reason for _, reason in disclosure.withheld} == {"not_least"}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"recipient_cell": "KH", "kind": "referral"}, "protection_abroad"),
        ({"recipient_cell": "KH"}, "transfer_abroad"),
        ({"kind": "referral"}, "protection_by_transfer"),
        ({"recipient_role": "legal"}, "protection_role"),
        ({"recipient_role": "reintegration"}, "protection_role"),
        ({"recipient_role": "family-tracing"}, "protection_role"),
        ({"recipient": "th-other"}, "recipient_not_consented"),
        ({"purpose": "legal-aid"}, "purpose_not_consented"),
    ],
)
def test_nothing_else_rests_on_it(changes: dict[str, str], refusal: str) -> None:
    record = replace(RECORD, purposes=("protection",))
    disclosure = compute(record, ABROAD, replace(REQUEST, **changes), NOW)
    assert (disclosure.sent, disclosure.refusal) == ((), refusal)


def test_other_purposes_in_the_record_do_not_widen_it() -> None:
    record = replace(RECORD, purposes=("legal-aid", "protection"))
    agreement = replace(AGREEMENT, purposes=("legal-aid",))
    assert compute(record, agreement, replace(REQUEST, purpose="legal-aid"), NOW).sent == ()


@pytest.mark.parametrize("state", sorted(codes("consent_state")))
@pytest.mark.parametrize("basis", [None, IMMEDIATE_PROTECTION, "public-task"])
def test_neither_passes_for_the_other(state: str, basis: str | None) -> None:
    record = replace(RECORD, state=state, basis=basis)
    permits = (
        (state == PROTECTED)
        if basis == IMMEDIATE_PROTECTION
        else basis is None and state in {"given", "renewed"}
    )
    assert (compute(record, AGREEMENT, REQUEST, NOW).refusal is None) is permits


@given(
    st.sampled_from(sorted(codes("recipient_role"))),
    st.sampled_from(("TH", "KH")),
    st.sampled_from(("referral", "transfer")),
    st.sets(st.sampled_from(ALL)),
)
def test_never_more_than_the_least_to_those_who_protect_inside_the_country(
    role: str, cell: str, kind: str, fields: set[str]
) -> None:
    asked = replace(
        REQUEST, recipient_role=role, recipient_cell=cell, kind=kind, fields=tuple(sorted(fields))
    )
    for agreement in (AGREEMENT, ABROAD):
        sent = compute(RECORD, agreement, asked, NOW).sent
        assert set(sent) <= set(LEAST)
        assert not sent or (
            (cell, kind) == ("TH", "transfer") and role in {"shelter", "health", "coordination"}
        )


def test_the_list_is_short_and_each_line_of_it_has_its_reason() -> None:
    table = json.loads(files("contracts").joinpath("protection.json").read_text(encoding="utf-8"))
    least = protection()
    assert (tuple(sorted(least.fields)), least.purposes) == (LEAST, {"protection"})
    assert least.roles == {"shelter", "health", "coordination"}
    assert least.review_within < least.valid_for <= timedelta(hours=72)
    assert {FIELDS[name].category for name in least.fields} == {"identity", "demographic", "needs"}
    reasons = [reason for part in ("purposes", "roles", "fields") for reason in table[part].values()]
    assert [reason for reason in reasons if len(reason.split()) < 5] == []
    assert table["source"]


def test_a_law_begins_with_its_country() -> None:
    countries = {path.parent.name.lower() for path in Path("countries").glob("*/country.json")}
    assert {law[:2] for law in codes("protection_law")} == countries
    assert is_of_country("th-child-protection-42", "TH")
    assert not is_of_country("th-child-protection-42", "KH")
