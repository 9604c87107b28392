"""Disclosures on their way out: loaded and saved as a set for a batch of events, or one under its lock."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.items import AgreementReference
from services.exchange.domain.disclosure import Authorised, Disclosure, State
from services.exchange.store.relations import ensure_references

_LOAD = text("select * from exchange.disclosures where id = any(cast(:ids as uuid[])) order by id for update")
# What is not there cannot be locked: without a row, two processes that hear of the authorisation and of its entry in the
# log at the same time would each write what the other does not know of.
_EXPECT = text(
    """
    insert into exchange.disclosures (id, state)
    select id, :state from unnest(cast(:ids as uuid[])) as k(id) order by id on conflict do nothing
    """
)
_READ = text("select * from exchange.disclosures where id = :id")
_SAVE = text(
    """
    insert into exchange.disclosures (id, case_id, state, authorised, sender, recipient, recipient_cell, entry,
                                      chain_head, seals, recall_reason, answer, code)
    select * from unnest(cast(:id as uuid[]), cast(:case_id as uuid[]), cast(:state as text[]),
        cast(:authorised as jsonb[]), cast(:sender as text[]), cast(:recipient as text[]),
        cast(:recipient_cell as text[]), cast(:entry as bigint[]), cast(:chain_head as text[]),
        cast(:seals as integer[]), cast(:recall_reason as text[]), cast(:answer as text[]), cast(:code as text[]))
    on conflict (id) do update set case_id = excluded.case_id, state = excluded.state,
        authorised = excluded.authorised, sender = excluded.sender, recipient = excluded.recipient,
        recipient_cell = excluded.recipient_cell, entry = excluded.entry, chain_head = excluded.chain_head,
        seals = excluded.seals, recall_reason = excluded.recall_reason, answer = excluded.answer, code = excluded.code
    """
)


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Disclosure]:
    """An entry for every key: a disclosure may be logged or recalled here before its authorisation is seen."""
    found = await _locked(tx, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        await tx.execute(_EXPECT, {"ids": missing, "state": State.EXPECTED.value})
        found |= await _locked(tx, missing)
    return {key: found[key] for key in keys}


async def save(tx: Transaction, disclosures: Sequence[Disclosure]) -> None:
    changed = [d for d in disclosures if d.changed]
    if not changed:
        return
    rows = [_row(d) for d in changed]
    await tx.execute(_SAVE, {name: [row[name] for row in rows] for name in rows[0]})
    await ensure_references(tx, [(d.id, d.authorised) for d in changed if d.authorised is not None])
    for disclosure in changed:
        disclosure.changed = False


async def lock(tx: Transaction, disclosure_id: UUID) -> Disclosure:
    """An empty one, of which nothing is kept, where there is none: a partner may name what never was."""
    return (await _locked(tx, [disclosure_id])).get(disclosure_id) or Disclosure(disclosure_id)


async def _locked(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Disclosure]:
    return {row.id: _disclosure(row) for row in await tx.execute(_LOAD, {"ids": list(keys)})}


async def read(tx: Transaction, disclosure_id: UUID) -> Disclosure | None:
    row = (await tx.execute(_READ, {"id": disclosure_id})).first()
    return None if row is None else _disclosure(row)


def _disclosure(row: Any) -> Disclosure:
    return Disclosure(
        id=row.id,
        state=State(row.state),
        authorised=None if row.authorised is None else _authorised(row.authorised),
        case_id=row.case_id,
        entry=row.entry,
        chain_head=row.chain_head,
        seals=row.seals,
        recall_reason=row.recall_reason,
        answer=row.answer,
        code=row.code,
    )


def _authorised(document: dict[str, Any]) -> Authorised:
    return Authorised(
        case_id=UUID(document["case_id"]),
        referral_id=UUID(document["referral_id"]),
        consent_id=UUID(document["consent_id"]),
        revision=document["revision"],
        revision_hash=document["revision_hash"],
        purpose=document["purpose"],
        sender=document["sender"],
        recipient=document["recipient"],
        recipient_cell=document["recipient_cell"],
        service=document["service"],
        urgency=document["urgency"],
        agreement=AgreementReference(**document["agreement"]),
        fields=tuple(document["fields"]),
        fields_hash=document["fields_hash"],
        back_categories=tuple(document["back_categories"]),
        valid_until=datetime.fromisoformat(document["valid_until"]),
        kind=document["kind"],
        basis=document["basis"],
        law=document["law"],
    )


def _document(a: Authorised) -> str:
    return json.dumps(
        {
            "case_id": str(a.case_id),
            "referral_id": str(a.referral_id),
            "consent_id": str(a.consent_id),
            "revision": a.revision,
            "revision_hash": a.revision_hash,
            "purpose": a.purpose,
            "sender": a.sender,
            "recipient": a.recipient,
            "recipient_cell": a.recipient_cell,
            "service": a.service,
            "urgency": a.urgency,
            "agreement": {"id": a.agreement.id, "version": a.agreement.version, "sha256": a.agreement.sha256},
            "fields": list(a.fields),
            "fields_hash": a.fields_hash,
            "back_categories": list(a.back_categories),
            "valid_until": a.valid_until.isoformat(),
            "kind": a.kind,
            "basis": a.basis,
            "law": a.law,
        }
    )


def _row(d: Disclosure) -> dict[str, Any]:
    terms = d.authorised
    return {
        "id": d.id,
        "case_id": d.case_id,
        "state": d.state.value,
        "authorised": None if terms is None else _document(terms),
        "sender": None if terms is None else terms.sender,
        "recipient": None if terms is None else terms.recipient,
        "recipient_cell": None if terms is None else terms.recipient_cell,
        "entry": d.entry,
        "chain_head": d.chain_head,
        "seals": d.seals,
        "recall_reason": d.recall_reason,
        "answer": d.answer,
        "code": d.code,
    }
