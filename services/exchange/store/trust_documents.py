"""Trust documents: got under a lock, saved where nobody was faster; and the signed contents of those that count."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.problems import NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.exchange.domain.trust_document import (
    TrustDocument,
    TrustDocumentMoved,
    TrustDocumentName,
    TrustDocumentState,
)
from services.exchange.outgoing import trust_document_moved
from services.exchange.store.tables import ONE_TRUST_DOCUMENT, TRUST_DOCUMENTS

_GET = text("select * from exchange.trust_documents where id = :id")
_LOCK = text("select * from exchange.trust_documents where id = :id for update")
_COUNTED = text(
    f"""
    select id from exchange.trust_documents d
    where state = '{TrustDocumentState.CONFIRMED}' and not exists (
        select from exchange.trust_documents l
        where l.state = d.state and l.agreement_id = d.agreement_id and l.number > d.number and l.counts_from <= :now)
    order by id
    """
)
_CONTENTS = text("select content from exchange.trust_documents where id = any(:ids) order by id")
_ADD = insert_missing(TRUST_DOCUMENTS, key=ONE_TRUST_DOCUMENT)
_DECIDED = ("state", "decided_by", "decided_at", "version")
_SAVE = update_set(TRUST_DOCUMENTS, *_DECIDED, stored="before")
_NAMES = RowReader(TrustDocumentName, TRUST_DOCUMENTS)
_OWN = ("id", "ticket", "proposed_by", "proposed_at", *_DECIDED)
"""The members of a document besides its name."""


async def get(
    tx: Transaction, document_id: UUID, *, lock: bool = False, expected: int | None = None
) -> TrustDocument:
    """Raises NotFound, or PreconditionFailed where it is not as the caller saw it."""
    row = (await tx.execute(_LOCK if lock else _GET, {"id": document_id})).first()
    if row is None:
        raise NotFound
    found = of_row(row)
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    return found


async def content(tx: Transaction, document_id: UUID) -> Mapping[str, Any]:
    """The document as governance signed it, with its signatures."""
    [found] = await contents(tx, [document_id])
    return found


async def add(
    tx: Transaction, document: TrustDocument, signed: Mapping[str, Any], facts: Sequence[TrustDocumentMoved]
) -> bool:
    """False where one of its number waits, or was confirmed."""
    row = {**_NAMES.values(document.name), **{name: getattr(document, name) for name in _OWN}}
    if await _ADD.write(tx, [{**row, "content": dict(signed)}]) != 1:
        return False
    tx.say(*map(trust_document_moved, facts))
    return True


async def save(tx: Transaction, document: TrustDocument, facts: Sequence[TrustDocumentMoved]) -> None:
    """Raises PreconditionFailed."""
    row = {name: getattr(document, name) for name in ("id", *_DECIDED)}
    if await _SAVE.write(tx, [{**row, "before": document.version - 1}]) != 1:
        raise PreconditionFailed
    tx.say(*map(trust_document_moved, facts))


async def counted(tx: Transaction) -> tuple[UUID, ...]:
    """The confirmed ones, without those that a later one which counts has followed."""
    return tuple((await tx.execute(_COUNTED, {"now": tx.now})).scalars())


async def contents(tx: Transaction, ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
    return list((await tx.execute(_CONTENTS, {"ids": list(ids)})).scalars())


def of_row(row: Row[Any]) -> TrustDocument:
    values = {name: getattr(row, name) for name in _OWN}
    return TrustDocument(name=_NAMES.row(row), **{**values, "state": TrustDocumentState(row.state)})
