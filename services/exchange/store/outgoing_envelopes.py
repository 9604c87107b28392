"""Envelopes that left: the chain of each recipient, what was in each envelope, and which items wait for a receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import Reader
from chassis.tables import insert_missing, insert_set, update_set
from services.exchange.domain.chain import OutgoingChain
from services.exchange.domain.items import ControlContent, ItemClass
from services.exchange.store.tables import ENVELOPE_ITEMS, ENVELOPES, OUTGOING_CHAINS, RECEIPTS
from services.exchange.wire import control_from_json, control_to_json

WAITING, DELIVERED, REFUSED, QUARANTINED, RESEALED, VOID, SENT = (
    "waiting",
    "delivered",
    "refused",
    "quarantined",
    "resealed",
    "void",
    "sent",
)
"""States of an item in one envelope. Control waits for nothing, so it is `sent`."""


@dataclass(frozen=True, slots=True)
class SentItem:
    """One item of an envelope of ours, as its sender remembers it: never its data."""

    item_id: UUID
    item_class: ItemClass
    case_id: UUID | None = None
    disclosure_id: UUID | None = None
    referral_id: UUID | None = None
    reference: UUID | None = None
    content: ControlContent | None = None
    state: str = WAITING


@dataclass(frozen=True, slots=True)
class SentEnvelope:
    id: UUID
    cell: str
    sender: str
    recipient: str
    seq: int
    sha256: str
    bytes: int


_FIRST_LINK = insert_missing(OUTGOING_CHAINS)
_LINK = update_set(OUTGOING_CHAINS, "seq", "head")
_ENVELOPE = insert_set(ENVELOPES)
_ITEM = insert_set(ENVELOPE_ITEMS, without=["code"])
_RECEIPT = insert_missing(RECEIPTS)
_CHAINS = Reader(OutgoingChain, OUTGOING_CHAINS)
_ITEMS = Reader(SentItem, ENVELOPE_ITEMS, convert={"content": control_from_json})


async def lock_chain(tx: Transaction, cell: str, recipient: str) -> OutgoingChain:
    """The last lock that sealing takes: numbers and links are given out one at a time."""
    await _FIRST_LINK.write(tx, [OutgoingChain(cell, recipient)])
    statement = text(
        f"select {_CHAINS.columns()} from exchange.outgoing_chains"
        " where cell = :cell and recipient = :recipient for update"
    )
    return _CHAINS.one(await tx.execute(statement, {"cell": cell, "recipient": recipient}))


async def save_chain(tx: Transaction, chain: OutgoingChain) -> None:
    await _LINK.write(tx, [chain])


async def add(tx: Transaction, envelope: SentEnvelope, items: Sequence[SentItem]) -> None:
    """Remember it; the same item in an earlier envelope no longer waits."""
    await _ENVELOPE.write(tx, [envelope], sealed_at=tx.now)
    await move_items(tx, [i.item_id for i in items], RESEALED)
    await _ITEM.write(tx, [_row(i) for i in items], envelope_id=envelope.id, cell=envelope.cell)


def _row(item: SentItem) -> dict[str, object]:
    return {
        "item_id": item.item_id,
        "item_class": item.item_class,
        "case_id": item.case_id,
        "disclosure_id": item.disclosure_id,
        "referral_id": item.referral_id,
        "reference": item.reference,
        "content": None if item.content is None else control_to_json(item.content),
        "state": SENT if item.item_class is ItemClass.CONTROL else item.state,
    }


async def move_items(tx: Transaction, item_ids: Sequence[UUID], state: str, code: str | None = None) -> None:
    """Items that wait for a receipt have it now, or will get none."""
    statement = (
        "update exchange.envelope_items set state = :s, code = :c"
        " where item_id = any(cast(:ids as uuid[])) and state = 'waiting'"
    )
    await tx.execute(text(statement), {"ids": list(item_ids), "s": state, "c": code})


async def waiting(tx: Transaction, cell: str) -> int:
    """How many items of ours wait for a receipt of this partner."""
    statement = "select count(*) from exchange.envelope_items where cell = :cell and state = 'waiting'"
    return int((await tx.execute(text(statement), {"cell": cell})).scalar_one())


async def heads(tx: Transaction, cell: str) -> dict[str, int]:
    statement = "select recipient, seq from exchange.outgoing_chains where cell = :cell"
    return {row.recipient: row.seq for row in await tx.execute(text(statement), {"cell": cell})}


async def items_of(
    tx: Transaction,
    cell: str,
    *,
    recipient: str | None = None,
    seq: int | None = None,
    sha256: str | None = None,
) -> list[SentItem]:
    """What stood in one envelope, found by its number or by the hash of its bytes."""
    statement = f"""
        select {_ITEMS.columns("i")} from exchange.envelope_items i join exchange.envelopes e on e.id = i.envelope_id
        where e.cell = :cell and ((e.recipient = :recipient and e.seq = :seq) or e.sha256 = :sha256)
        order by i.item_id
    """
    parameters = {"cell": cell, "recipient": recipient, "seq": seq, "sha256": sha256}
    return _ITEMS.all(await tx.execute(text(statement), parameters))


async def times_sealed(tx: Transaction, item_id: UUID) -> int:
    statement = "select count(*) from exchange.envelope_items where item_id = :id"
    return int((await tx.execute(text(statement), {"id": item_id})).scalar_one())


async def sent_item(tx: Transaction, cell: str, item_id: UUID) -> SentItem | None:
    """The item in its newest envelope, if it was sent to this cell: nobody else can answer for it."""
    statement = f"""
        select {_ITEMS.columns("i")} from exchange.envelope_items i join exchange.envelopes e on e.id = i.envelope_id
        where i.item_id = :id and i.cell = :cell order by e.sealed_at desc, e.seq desc limit 1
    """
    return _ITEMS.first(await tx.execute(text(statement), {"id": item_id, "cell": cell}))


async def add_receipt(
    tx: Transaction, cell: str, item_id: UUID, outcome: str, code: str | None, evidence: str
) -> None:
    """The signed text is kept: the recipient cannot deny later what it answered."""
    receipt = {"cell": cell, "item_id": item_id, "outcome": outcome, "code": code, "evidence": evidence}
    await _RECEIPT.write(tx, [receipt], at=tx.now)
