"""Rows to objects and back. Sets of rows are written as one JSON parameter, so that arrays of any length fit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from contracts.disclosure import AgreementTerms
from contracts.organisations import may_receive
from services.consent.domain.authorisation import Ground, Listed
from services.consent.domain.chain import Revision
from services.consent.domain.disclosure import Authority, Disclosure, Ended, Entry, Request, Stage
from services.consent.domain.grant import GrantTerms, ReceivedGrant
from services.consent.domain.record import ConsentRecord
from services.consent.domain.states import State
from services.consent.domain.terms import Terms

Row = Any


def _insert(table: str, columns: Mapping[str, str], conflict: str = "") -> Any:
    """`insert … select from jsonb_to_recordset`, in the order in which the rows stand in the parameter."""
    names, typed = ", ".join(columns), ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return text(
        f"insert into consent.{table} ({names}) select {names}"
        f" from rows from (jsonb_to_recordset(cast(:rows as jsonb)) as ({typed})) with ordinality as r({names}, ord)"
        f" order by ord {conflict}"
    )


def _upsert(table: str, columns: Mapping[str, str], key: str, changing: Sequence[str]) -> Any:
    changes = ", ".join(f"{name} = excluded.{name}" for name in changing)
    return _insert(table, columns, f"on conflict ({key}) do update set {changes}")


INSERT_RECORD = text(
    "insert into consent.records (id, case_id, organisation, state, revision, head, salt, valid_until, terms, sealed)"
    " values (:id, :case_id, :organisation, :state, :revision, :head, :salt, :valid_until,"
    " cast(:terms as jsonb), cast(:sealed as jsonb))"
)
UPDATE_RECORD = text(
    "update consent.records set state = :state, revision = :revision, head = :head, valid_until = :valid_until,"
    " terms = cast(:terms as jsonb), sealed = cast(:sealed as jsonb) where id = :id and revision = :before"
)
AGES = _upsert("ages", {"case_id": "uuid", "age_group": "text"}, "case_id", ["age_group"])
REVISIONS = _insert("revisions", {"consent_id": "uuid", "number": "integer", "body": "jsonb", "hash": "text"})
_REQUEST = {
    "purpose": "text",
    "sender": "text",
    "recipient": "text",
    "recipient_cell": "text",
    "recipient_role": "text",
    "service": "text",
    "urgency": "text",
    "kind": "text",
    "asked": "text[]",
}
_AUTHORITY = {
    "consent_id": "uuid",
    "revision": "integer",
    "revision_hash": "text",
    "agreement_id": "text",
    "agreement_version": "integer",
    "agreement_sha256": "text",
    "fields": "text[]",
    "fields_hash": "text",
    "withheld": "jsonb",
    "back_categories": "text[]",
    "valid_until": "timestamptz",
    "basis": "text",
    "law": "text",
}
_STAGE = {
    "stage": "text",
    "refusal": "text",
    "recalled_for": "text",
    "ended_for": "text",
    "ended_at": "timestamptz",
    "reads_until": "timestamptz",
    "fence_due": "boolean",
}
DISCLOSURES = _upsert(
    "disclosures",
    {"id": "uuid", "case_id": "uuid", "referral_id": "uuid", **_STAGE, **_REQUEST, **_AUTHORITY},
    "id",
    [*_STAGE, *_REQUEST, *_AUTHORITY],
)
LEDGER = _insert(
    "ledger",
    {
        "disclosure_id": "uuid",
        "case_id": "uuid",
        "organisation": "text",
        "consent_id": "uuid",
        "step": "text",
        "recipient": "text",
        "recipient_cell": "text",
        "revision": "integer",
        "fields": "text[]",
        "code": "text",
        "law": "text",
        "token_id": "uuid",
    },
)
_GRANT = {
    "referral_id": "uuid",
    "sender": "text",
    "sender_cell": "text",
    "recipient": "text",
    "purpose": "text",
    "fields": "text[]",
    "back_categories": "text[]",
    "consent_revision": "integer",
    "consent_sha256": "text",
    "agreement_id": "text",
    "agreement_version": "integer",
    "valid_until": "timestamptz",
    "basis": "text",
    "law": "text",
}
GRANTS = _upsert(
    "grants",
    {"disclosure_id": "uuid", "case_id": "uuid", "closed": "boolean", "closed_for": "text", **_GRANT},
    "disclosure_id",
    ["closed", "closed_for", *_GRANT],
)
SENT_IN_ERROR = _insert("sent_in_error", {"referral_id": "uuid", "case_id": "uuid"}, "on conflict do nothing")
AGREEMENTS = _insert(
    "agreements",
    {
        "id": "text",
        "version": "integer",
        "sha256": "text",
        "cells": "text[]",
        "purposes": "text[]",
        "fields": "text[]",
        "valid_from": "timestamptz",
        "valid_until": "timestamptz",
        "retention_days": "integer",
    },
    "on conflict do nothing",
)


def rows_of(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=str)


def record(row: Row, disclosures: list[Disclosure]) -> ConsentRecord:
    return ConsentRecord(
        id=row.id,
        case_id=row.case_id,
        salt=row.salt,
        state=State(row.state),
        terms=Terms.from_json(row.terms),
        sealed=row.sealed,
        revision=row.revision,
        head=row.head,
        disclosures=disclosures,
    )


def record_row(record: ConsentRecord, organisation: str) -> dict[str, Any]:
    return {
        "id": record.id,
        "case_id": record.case_id,
        "organisation": organisation,
        "state": str(record.state),
        "revision": record.revision,
        "head": record.head,
        "salt": record.salt,
        "valid_until": record.terms.valid_until,
        "terms": json.dumps(record.terms.as_json()),
        "sealed": json.dumps(dict(record.sealed)),
    }


def revision_row(revision: Revision) -> dict[str, Any]:
    return {
        "consent_id": revision.consent_id,
        "number": revision.number,
        "body": revision.body(),
        "hash": revision.hash,
    }


def disclosure(row: Row) -> Disclosure:
    request = Request(
        referral_id=row.referral_id,
        case_id=row.case_id,
        fields=tuple(row.asked),
        **{name: getattr(row, name) for name in _REQUEST if name != "asked"},
    )
    return Disclosure(
        id=row.id,
        request=request,
        stage=Stage(row.stage),
        authority=None if row.consent_id is None else _authority(row),
        refusal=row.refusal,
        recalled_for=row.recalled_for,
        ended=None if row.ended_for is None else Ended(row.ended_for, row.ended_at, row.reads_until),
        fence_due=row.fence_due,
    )


def _authority(row: Row) -> Authority:
    values = {name: getattr(row, name) for name in _AUTHORITY}
    values["fields"], values["back_categories"] = tuple(row.fields), tuple(row.back_categories)
    values["withheld"] = tuple((name, reason) for name, reason in row.withheld)
    return Authority(**values)


def disclosure_row(disclosure: Disclosure) -> dict[str, Any]:
    request, authority = disclosure.request, disclosure.authority
    return {
        "id": disclosure.id,
        "case_id": request.case_id,
        "referral_id": request.referral_id,
        "stage": str(disclosure.stage),
        "refusal": disclosure.refusal,
        "recalled_for": disclosure.recalled_for,
        "ended_for": None if disclosure.ended is None else disclosure.ended.reason,
        "ended_at": None if disclosure.ended is None else disclosure.ended.at,
        "reads_until": None if disclosure.ended is None else disclosure.ended.until,
        "fence_due": disclosure.fence_due,
        "asked": request.fields,
        **{name: getattr(request, name) for name in _REQUEST if name != "asked"},
        **{name: None if authority is None else getattr(authority, name) for name in _AUTHORITY},
    }


def entry_row(entry: Entry) -> dict[str, Any]:
    names = Entry.__slots__
    return {name: getattr(entry, name) for name in names}


def grant(row: Row) -> ReceivedGrant:
    values = {name: getattr(row, name) for name in _GRANT}
    terms = None
    if row.referral_id is not None:
        values["fields"], values["back_categories"] = tuple(row.fields), tuple(row.back_categories)
        terms = GrantTerms(**values)
    return ReceivedGrant(row.disclosure_id, row.case_id, terms, row.closed, row.closed_for)


def grant_row(grant: ReceivedGrant) -> dict[str, Any]:
    return {
        "disclosure_id": grant.disclosure_id,
        "case_id": grant.case_id,
        "closed": grant.closed,
        "closed_for": grant.closed_for,
        **{name: None if grant.terms is None else getattr(grant.terms, name) for name in _GRANT},
    }


def ground(cell: str, agreements: Sequence[Row], directory: Sequence[Row]) -> Ground:
    return Ground(
        cell=cell,
        agreements=[agreement(row) for row in agreements],
        directory={
            row.id: Listed(row.cell, row.role) for row in directory if may_receive(row.role, row.type)
        },
    )


def agreement(row: Row) -> AgreementTerms:
    return AgreementTerms(
        id=row.id,
        version=row.version,
        sha256=row.sha256,
        cells=tuple(row.cells),
        purposes=tuple(row.purposes),
        fields=tuple(row.fields),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        retention_days=row.retention_days,
    )


def agreement_row(agreement: AgreementTerms) -> dict[str, Any]:
    return {name: getattr(agreement, name) for name in AgreementTerms.__slots__}
