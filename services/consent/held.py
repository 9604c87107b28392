"""The tables from which consent tells what it holds about the person of a case."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from chassis.held import FoundRow, HeldTable, SealedValue
from contracts.internal import HeldValue
from services.consent.store import tables

ACCOUNTABILITY = "accountability"
OF_RECORDS = "consent_id in (select id from consent.records where case_id = :case_id)"
_TERMS = {
    "purposes": "purpose",
    "categories": "data_category",
    "back_categories": "data_category",
    "language": "language",
    "valid_until": None,
}


def _terms(terms: dict[str, Any]) -> Iterable[HeldValue]:
    recipients = [one["organisation"] for one in terms["recipients"]]
    if recipients:
        yield HeldValue(name="recipients", value=recipients)
    for name, code_list in _TERMS.items():
        if terms.get(name):
            shown = "until" if name == "valid_until" else name
            yield HeldValue(name=shown, value=terms[name], code_list=code_list)


def _of_record(row: FoundRow) -> Iterable[HeldValue]:
    return _terms(row.terms)


def _of_revision(row: FoundRow) -> Iterable[HeldValue]:
    body = row.body
    yield HeldValue(name="at", value=body["at"])
    yield HeldValue(name="organisation", value=body["organisation"])
    yield HeldValue(name="by", value=body["by"])
    yield HeldValue(name="state", value=body["state"], code_list="consent_state")
    yield from _terms(body["terms"])


def _names(sealed: dict[str, str], consent_id: UUID) -> Iterable[SealedValue]:
    for what, text in sealed.items():
        yield SealedValue(what, f"consent.{what}", consent_id, text)


HELD = (
    HeldTable(
        tables.RECORDS,
        "consent",
        ("at=created_at", "organisation", "state:consent_state"),
        ACCOUNTABILITY,
        lambda row, _: _names(row.sealed, row.id),
        _of_record,
    ),
    HeldTable(
        tables.REVISIONS,
        "consent_history",
        ("revision=number",),
        ACCOUNTABILITY,
        lambda row, _: _names(row.body["sealed"], row.consent_id),
        _of_revision,
        OF_RECORDS,
    ),
    HeldTable(
        tables.DISCLOSURES,
        "disclosure",
        (
            "sender",
            "recipient",
            "country=recipient_cell:country",
            "purpose:purpose",
            "service:service",
            "fields:field",
            "revision",
            "until=valid_until",
            "refusal:disclosure_refusal",
            "reason=recalled_for:recall_reason",
            "law:protection_law",
        ),
        ACCOUNTABILITY,
    ),
    HeldTable(
        tables.LEDGER,
        "ledger",
        (
            "at",
            "recipient",
            "country=recipient_cell:country",
            "step",
            "fields:field",
            "revision",
            "result=code",
            "law",
        ),
        ACCOUNTABILITY,
    ),
    HeldTable(
        tables.GRANTS,
        "grant",
        (
            "sender",
            "country=sender_cell:country",
            "recipient",
            "purpose:purpose",
            "fields:field",
            "until=valid_until",
            "reason=closed_for:reading_closed",
        ),
        ACCOUNTABILITY,
    ),
)
