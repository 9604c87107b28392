"""Envelopes that left: the chain of each recipient, what was in each envelope, and which items wait for a receipt."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.items import ItemClass
from contracts.border.wire import control_from_json, control_to_json
from services.exchange.domain.chain import FIRST_PREV, OutgoingChain
from services.exchange.domain.sent import (
    CLASSES,
    ENDS,
    SentControl,
    SentDisclosure,
    SentItem,
    SentProcess,
    SentState,
    WrongMove,
)

_ITEM = text(
    """
    insert into exchange.envelope_items (envelope_id, item_id, item_class, cell, case_id, disclosure_id, referral_id,
                                         content, reference, state)
    select cast(:envelope as uuid), item_id, item_class, :cell, case_id, disclosure_id, referral_id, content,
           reference, state
    from unnest(cast(:item_id as uuid[]), cast(:item_class as text[]), cast(:case_id as uuid[]),
                cast(:disclosure_id as uuid[]), cast(:referral_id as uuid[]), cast(:content as jsonb[]),
                cast(:reference as uuid[]), cast(:state as text[]))
         as i(item_id, item_class, case_id, disclosure_id, referral_id, content, reference, state)
    """
)


@dataclass(frozen=True, slots=True)
class SentEnvelope:
    id: UUID
    cell: str
    sender: str
    recipient: str
    seq: int
    sha256: str
    bytes: int


async def lock_chain(tx: Transaction, cell: str, recipient: str) -> OutgoingChain:
    """The last lock that sealing takes: numbers and links are given out one at a time."""
    new = (
        "insert into exchange.outgoing_chains (cell, recipient, head) values (:cell, :recipient, :head)"
        " on conflict do nothing"
    )
    await tx.execute(text(new), {"cell": cell, "recipient": recipient, "head": FIRST_PREV})
    statement = "select seq, head from exchange.outgoing_chains where cell = :cell and recipient = :recipient for update"
    row = (await tx.execute(text(statement), {"cell": cell, "recipient": recipient})).one()
    return OutgoingChain(cell, recipient, row.seq, row.head)


async def save_chain(tx: Transaction, chain: OutgoingChain) -> None:
    statement = "update exchange.outgoing_chains set seq = :seq, head = :head where cell = :cell and recipient = :recipient"
    parameters = {name: getattr(chain, name) for name in ("seq", "head", "cell", "recipient")}
    await tx.execute(text(statement), parameters)


async def add(tx: Transaction, envelope: SentEnvelope, items: Sequence[SentItem]) -> None:
    """Remember it; the same item in an earlier envelope no longer waits."""
    columns = "id, cell, sender, recipient, seq, sha256, bytes"
    statement = (
        f"insert into exchange.envelopes ({columns}, sealed_at)"
        " values (:id, :cell, :sender, :recipient, :seq, :sha256, :bytes, :now)"
    )
    parameters = {name: getattr(envelope, name) for name in SentEnvelope.__slots__}
    await tx.execute(text(statement), {**parameters, "now": tx.now})
    await move_items(tx, [i.item_id for i in items], SentState.RESEALED)
    await tx.execute(
        _ITEM,
        {
            "envelope": envelope.id,
            "cell": envelope.cell,
            "item_id": [i.item_id for i in items],
            "item_class": [CLASSES[type(i)].value for i in items],
            "case_id": [getattr(i, "case_id", None) for i in items],
            "disclosure_id": [getattr(i, "disclosure_id", None) for i in items],
            "referral_id": [getattr(i, "referral_id", None) for i in items],
            "content": [_content(i) for i in items],
            "reference": [getattr(i, "reference", None) for i in items],
            "state": [_first_state(i).value for i in items],
        },
    )


def _content(item: SentItem) -> str | None:
    return json.dumps(control_to_json(item.content)) if isinstance(item, SentControl) else None


def _first_state(item: SentItem) -> SentState:
    return SentState.SENT if isinstance(item, SentControl) else SentState.WAITING


async def move_items(
    tx: Transaction, item_ids: Sequence[UUID], state: SentState, code: str | None = None
) -> None:
    """Items that wait for a receipt have it now, or will get none; others stay as they are. Raises WrongMove."""
    if state not in ENDS:
        raise WrongMove(f"an item that waits does not become {state}")
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
    statement = """
        select i.* from exchange.envelope_items i join exchange.envelopes e on e.id = i.envelope_id
        where e.cell = :cell and ((e.recipient = :recipient and e.seq = :seq) or e.sha256 = :sha256)
        order by i.item_id
    """
    parameters = {"cell": cell, "recipient": recipient, "seq": seq, "sha256": sha256}
    return [_item(row) for row in await tx.execute(text(statement), parameters)]


async def times_sealed(tx: Transaction, item_id: UUID) -> int:
    statement = "select count(*) from exchange.envelope_items where item_id = :id"
    return int((await tx.execute(text(statement), {"id": item_id})).scalar_one())


async def sent_item(tx: Transaction, cell: str, item_id: UUID) -> SentItem | None:
    """The item in its newest envelope, if it was sent to this cell: nobody else can answer for it."""
    statement = """
        select i.* from exchange.envelope_items i join exchange.envelopes e on e.id = i.envelope_id
        where i.item_id = :id and i.cell = :cell order by e.sealed_at desc, e.seq desc limit 1
    """
    row = (await tx.execute(text(statement), {"id": item_id, "cell": cell})).first()
    return None if row is None else _item(row)


def _item(row: Any) -> SentItem:
    match ItemClass(row.item_class):
        case ItemClass.CONTROL:
            return SentControl(row.item_id, control_from_json(row.content), row.reference)
        case ItemClass.PROCESS:
            return SentProcess(row.item_id, row.case_id, row.referral_id)
        case ItemClass.DISCLOSURE:
            return SentDisclosure(row.item_id, row.case_id, row.disclosure_id, row.referral_id)


async def add_receipt(
    tx: Transaction, cell: str, item_id: UUID, outcome: str, code: str | None, evidence: str
) -> None:
    """The signed text is kept: the recipient cannot deny later what it answered."""
    statement = (
        "insert into exchange.receipts (cell, item_id, outcome, code, at, evidence)"
        " values (:cell, :id, :outcome, :code, :now, :evidence) on conflict do nothing"
    )
    parameters = {
        "cell": cell,
        "id": item_id,
        "outcome": outcome,
        "code": code,
        "now": tx.now,
        "evidence": evidence,
    }
    await tx.execute(text(statement), parameters)
