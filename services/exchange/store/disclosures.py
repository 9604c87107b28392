"""Disclosures on their way out: loaded and saved as a set for a batch of events, or one under its lock."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, upsert_set
from services.exchange.domain.disclosure import UNSEALED, Disclosure
from services.exchange.store.relations import ensure_references
from services.exchange.store.tables import DISCLOSURES

_DISCLOSURES = RowReader(Disclosure, DISCLOSURES)
_SELECT = f"select {_DISCLOSURES.columns()} from exchange.disclosures"
_LOAD = text(f"{_SELECT} where id = any(cast(:ids as uuid[])) order by id for update")
_READ = text(f"{_SELECT} where id = :id")
# A row that does not exist cannot be locked: without it, two processes that hear of the authorisation and of its
# entry in the log at the same time would each write a disclosure that lacks the other's half.
_EXPECT = insert_missing(DISCLOSURES, "id", "state", "seals")
_SAVE = upsert_set(DISCLOSURES)


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Disclosure]:
    """The disclosures, one for every key: a disclosure may be logged or recalled here before its authorisation is seen."""
    found = await _locked(tx, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        await _EXPECT.write(tx, [Disclosure(key) for key in sorted(missing)])
        found |= await _locked(tx, missing)
    return {key: found[key] for key in keys}


async def save(tx: Transaction, disclosures: Sequence[Disclosure]) -> None:
    changed = [d for d in disclosures if d.changed]
    await _SAVE.write(tx, [_row(d) for d in changed])
    unsealed = [d for d in changed if d.state in UNSEALED]  # what is sealed has its reference
    await ensure_references(tx, [(d.id, d.authorised) for d in unsealed if d.authorised is not None])
    for disclosure in changed:
        disclosure.changed = False


async def lock(tx: Transaction, disclosure_id: UUID) -> Disclosure:
    """The disclosure under its lock; an empty one, which is never stored, where there is none: a partner may name a
    disclosure that never was.
    """
    return (await _locked(tx, [disclosure_id])).get(disclosure_id) or Disclosure(disclosure_id)


async def _locked(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Disclosure]:
    found = _DISCLOSURES.all(await tx.execute(_LOAD, {"ids": list(keys)}))
    return {disclosure.id: disclosure for disclosure in found}


async def read(tx: Transaction, disclosure_id: UUID) -> Disclosure | None:
    return _DISCLOSURES.first(await tx.execute(_READ, {"id": disclosure_id}))


def _row(d: Disclosure) -> dict[str, Any]:
    terms = d.authorised
    return {
        "id": d.id,
        "case_id": d.case_id,
        "state": d.state,
        "authorised": terms,
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
