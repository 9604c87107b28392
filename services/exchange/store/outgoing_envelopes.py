"""Envelopes that left: the chain of each recipient, the items of each envelope, and those that wait for a receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, update_set, upsert_set
from contracts.border.items import ItemClass
from contracts.border.wire import control_from_json, control_to_json
from services.exchange.domain.chain import OutgoingChain
from services.exchange.domain.sent import (
    CLASSES,
    ENDS,
    SentControl,
    SentDisclosure,
    SentItem,
    SentProcess,
    SentState,
    WrongItemMove,
)
from services.exchange.store.tables import ENVELOPE_ITEMS, ENVELOPES, OUTGOING_CHAINS, RECEIPTS


@dataclass(frozen=True, slots=True)
class SentEnvelope:
    id: UUID
    cell: str
    sender: str
    recipient: str
    seq: int
    sha256: str
    bytes: int
    keys: tuple[str, ...]


_LOCK = upsert_set(OUTGOING_CHAINS, update={"seq": "t.seq"}, returning="t.cell, t.recipient, t.seq, t.head")
_HEADS = text("select cell, recipient, seq from exchange.outgoing_chains where cell = any(:cells)")
_LINK = update_set(OUTGOING_CHAINS, "seq", "head")
_ENVELOPE = insert_set(ENVELOPES)
_ITEM = insert_set(ENVELOPE_ITEMS, without=["code"])
_RECEIPT = insert_missing(RECEIPTS)
_CHAINS = RowReader(OutgoingChain, OUTGOING_CHAINS)
_COLUMNS = "i.item_class, i.item_id, i.case_id, i.disclosure_id, i.referral_id, i.content, i.reference"
_READERS: Mapping[ItemClass, RowReader[Any]] = {
    ItemClass.CONTROL: RowReader(SentControl, ENVELOPE_ITEMS, convert={"content": control_from_json}),
    ItemClass.PROCESS: RowReader(SentProcess, ENVELOPE_ITEMS),
    ItemClass.DISCLOSURE: RowReader(SentDisclosure, ENVELOPE_ITEMS),
}


async def lock_chain(tx: Transaction, cell: str, recipient: str) -> OutgoingChain:
    """The last lock that sealing takes: numbers and links are given out one at a time."""
    return _CHAINS.one(await _LOCK.execute(tx, [OutgoingChain(cell, recipient)]))


async def save_chain(tx: Transaction, chain: OutgoingChain) -> None:
    await _LINK.write(tx, [chain])


async def add(tx: Transaction, envelope: SentEnvelope, items: Sequence[SentItem]) -> None:
    """Add an envelope with its items; the same item in an earlier envelope no longer waits."""
    await _ENVELOPE.write(tx, [envelope], sealed_at=tx.now)
    await move_items(tx, [i.item_id for i in items], SentState.RESEALED)
    await _ITEM.write(tx, [_row(i) for i in items], envelope_id=envelope.id, cell=envelope.cell)


def _row(item: SentItem) -> dict[str, object]:
    """The columns of an item's class, with its values: all that is remembered of it."""
    return {
        "item_id": item.item_id,
        "item_class": CLASSES[type(item)],
        "case_id": getattr(item, "case_id", None),
        "disclosure_id": getattr(item, "disclosure_id", None),
        "referral_id": getattr(item, "referral_id", None),
        "reference": getattr(item, "reference", None),
        "content": control_to_json(item.content) if isinstance(item, SentControl) else None,
        "state": SentState.SENT if isinstance(item, SentControl) else SentState.WAITING,
    }


async def move_items(
    tx: Transaction, item_ids: Sequence[UUID], state: SentState, code: str | None = None
) -> None:
    """Move items that wait for a receipt: they have it now, or will get none; others stay as they are. Raises
    WrongItemMove.
    """
    if state not in ENDS:
        raise WrongItemMove(f"an item that waits does not become {state}")
    statement = (
        "update exchange.envelope_items set state = :s, code = :c"
        f" where item_id = any(cast(:ids as uuid[])) and state = '{SentState.WAITING}'"
    )
    await tx.execute(text(statement), {"ids": list(item_ids), "s": state, "c": code})


async def heads(tx: Transaction, cells: Sequence[str]) -> dict[str, dict[str, int]]:
    """By cell, the number of the last envelope to each of its organisations."""
    found: dict[str, dict[str, int]] = {cell: {} for cell in cells}
    for row in await tx.execute(_HEADS, {"cells": [*cells]}):
        found[row.cell][row.recipient] = row.seq
    return found


async def items_of(
    tx: Transaction,
    cell: str,
    *,
    recipient: str | None = None,
    seq: int | None = None,
    sha256: str | None = None,
) -> list[SentItem]:
    """The items of one envelope, found by its number or by the hash of its bytes."""
    statement = f"""
        select {_COLUMNS} from exchange.envelope_items i join exchange.envelopes e on e.id = i.envelope_id
        where e.cell = :cell and ((e.recipient = :recipient and e.seq = :seq) or e.sha256 = :sha256)
        order by i.item_id
    """
    parameters = {"cell": cell, "recipient": recipient, "seq": seq, "sha256": sha256}
    return [_item(row) for row in await tx.execute(text(statement), parameters)]


async def is_ours(tx: Transaction, cell: str, sha256: str) -> bool:
    """True for the bytes of an envelope that was sealed here for this cell: nobody else made it, whoever has its key."""
    statement = "select exists (select from exchange.envelopes where cell = :cell and sha256 = :sha256)"
    return bool((await tx.execute(text(statement), {"cell": cell, "sha256": sha256})).scalar_one())


async def times_sealed(tx: Transaction, item_id: UUID) -> int:
    statement = "select count(*) from exchange.envelope_items where item_id = :id"
    return int((await tx.execute(text(statement), {"id": item_id})).scalar_one())


async def sent_item(tx: Transaction, cell: str, item_id: UUID) -> SentItem | None:
    """The item in its newest envelope, if it was sent to this cell: nobody else can answer for it."""
    statement = f"""
        select {_COLUMNS} from exchange.envelope_items i join exchange.envelopes e on e.id = i.envelope_id
        where i.item_id = :id and i.cell = :cell order by e.sealed_at desc, e.seq desc limit 1
    """
    row = (await tx.execute(text(statement), {"id": item_id, "cell": cell})).first()
    return None if row is None else _item(row)


def _item(row: Row[Any]) -> SentItem:
    item: SentItem = _READERS[ItemClass(row.item_class)].row(row)
    return item


async def add_receipt(
    tx: Transaction, cell: str, item_id: UUID, outcome: str, code: str | None, evidence: str
) -> None:
    """Add a receipt. The signed text is kept: the recipient cannot deny its answer later."""
    receipt = {"cell": cell, "item_id": item_id, "outcome": outcome, "code": code, "evidence": evidence}
    await _RECEIPT.write(tx, [receipt], at=tx.now)
