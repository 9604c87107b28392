"""Received envelopes: raw bytes first, then the chain of each sender, the items of each envelope, and the records
that were set aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set, upsert_set
from contracts.border.items import ItemClass, Outcome
from services.exchange.domain.chain import IncomingChain, Place
from services.exchange.store.tables import (
    GAPS,
    INBOX,
    INCOMING_CHAINS,
    INCOMING_ENVELOPES,
    INCOMING_ITEMS,
    OFFSETS,
)

MAX_KEPT = 10_000
"""The refused envelopes that are kept of one partner: some gigabytes at most, and the topic has the others."""

_STORE = insert_missing(INBOX, "cell", "partition", "offset", "raw")
_MOVE = upsert_set(OFFSETS, where="t.next_offset <= excluded.next_offset")
PAGE = 50
"""The records that are read at once."""
_PAGE = text(
    f"""
    select cell, partition, "offset", raw, attempts from exchange.inbox
    where cell = :cell and (partition, "offset") > (:partition, :offset)
    order by partition, "offset" limit {PAGE}
    """
)
_ENVELOPE = insert_missing(INCOMING_ENVELOPES)
_QUARANTINE = text(
    """
    insert into exchange.quarantine (cell, partition, "offset", raw, code, disclosures, at)
    select :cell, cast(:partition as integer), cast(:offset as bigint), cast(:raw as bytea), :code, cast(:disclosures as uuid[]), cast(:now as timestamptz)
    where (select count(*) from (select from exchange.quarantine where cell = :cell limit :most) as kept) < :most
    on conflict do nothing
    """
)
_TAKE = text(
    'delete from exchange.inbox where cell = :cell and partition = :partition and "offset" = :offset'
)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record of a partner's topic, as it was read."""

    cell: str
    partition: int
    offset: int
    raw: bytes
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class IncomingItem:
    """The outcome of one item; a repeated item has no second effect and gets the same receipt."""

    item_id: UUID
    item_class: ItemClass
    outcome: Outcome
    code: str | None = None
    case_id: UUID | None = None
    disclosure_id: UUID | None = None


async def offsets(tx: Transaction, cell: str) -> dict[int, int]:
    statement = "select partition, next_offset from exchange.offsets where cell = :cell"
    return {row.partition: row.next_offset for row in await tx.execute(text(statement), {"cell": cell})}


async def store_raw(
    tx: Transaction, cell: str, records: Sequence[RawRecord], following: Mapping[int, int]
) -> None:
    """Store the bytes and our offset in one transaction: nothing is lost and nothing is kept twice."""
    await _STORE.write(tx, records)
    moved = [{"partition": partition, "next_offset": offset} for partition, offset in following.items()]
    await _MOVE.write(tx, moved, cell=cell)


async def begin_anew(tx: Transaction, cell: str, partition: int, offset: int) -> None:
    """Move back to the first record of a topic that the partner made anew."""
    statement = (
        "update exchange.offsets set next_offset = :offset where cell = :cell and partition = :partition"
    )
    await tx.execute(text(statement), {"cell": cell, "partition": partition, "offset": offset})


async def page(tx: Transaction, cell: str, after: tuple[int, int]) -> list[RawRecord]:
    parameters = {"cell": cell, "partition": after[0], "offset": after[1]}
    return _RECORDS.all(await tx.execute(_PAGE, parameters))


async def hold(tx: Transaction, raw: RawRecord) -> bool:
    """Lock the record if it is still there; another process may have been faster."""
    statement = 'select 1 from exchange.inbox where cell = :cell and partition = :partition and "offset" = :offset for update'
    return (await tx.execute(text(statement), _key(raw))).first() is not None


async def take(tx: Transaction, raw: RawRecord) -> bool:
    """Remove a record with whose transaction it is done: its items are applied, or it stands in quarantine. False where another process was faster."""
    return (await tx.execute(_TAKE, _key(raw))).rowcount == 1


async def failed(tx: Transaction, raw: RawRecord) -> None:
    statement = (
        "update exchange.inbox set attempts = attempts + 1"
        ' where cell = :cell and partition = :partition and "offset" = :offset'
    )
    await tx.execute(text(statement), _key(raw))


async def set_aside(tx: Transaction, raw: RawRecord, code: str, disclosures: Sequence[UUID] = ()) -> None:
    """Keep a refused record whole for an operator to look into, MAX_KEPT of each partner."""
    facts = {"raw": raw.raw, "code": code, "disclosures": list(disclosures), "now": tx.now, "most": MAX_KEPT}
    await tx.execute(_QUARANTINE, {**_key(raw), **facts})


async def forget(tx: Transaction, cell: str, disclosure_id: UUID) -> None:
    """Remove a recalled disclosure from quarantine too."""
    statement = "delete from exchange.quarantine where cell = :cell and :id = any(disclosures)"
    await tx.execute(text(statement), {"cell": cell, "id": disclosure_id})


_RECORDS = RowReader(RawRecord, INBOX)
_CHAINS = RowReader(IncomingChain, INCOMING_CHAINS)
_ITEMS = RowReader(IncomingItem, INCOMING_ITEMS)
_LOCK_CHAIN = text(
    f"select {_CHAINS.columns()} from exchange.incoming_chains where cell = :cell and recipient = :recipient for update"
)
_GAPS = text("select seq from exchange.gaps where cell = :cell and recipient = :recipient")
_FIRST_LINK = insert_missing(INCOMING_CHAINS)
_LINK = update_set(INCOMING_CHAINS, "seq", "head", "forks", "announced")
_MISSING = insert_missing(GAPS)
_ITEM = upsert_set(
    INCOMING_ITEMS,
    update=["envelope_id", "case_id", "outcome", "code", "at"],
    where="t.outcome <> 'accepted'",
)


async def lock_chain(
    tx: Transaction, cell: str, recipient: str, *, following: int | None = None
) -> IncomingChain:
    """The chain, locked. Where `following` is the number that comes next, the missing ones are left out: nothing asks for them."""
    key = {"cell": cell, "recipient": recipient}
    chain = _CHAINS.first(await tx.execute(_LOCK_CHAIN, key))
    if chain is None:
        await _FIRST_LINK.write(tx, [IncomingChain(cell, recipient)])
        chain = _CHAINS.one(await tx.execute(_LOCK_CHAIN, key))
    if following != chain.seq + 1:
        chain.gaps = set((await tx.execute(_GAPS, key)).scalars())
    return chain


async def save_chain(tx: Transaction, chain: IncomingChain) -> None:
    await _LINK.write(tx, [chain])
    key = {"cell": chain.cell, "recipient": chain.recipient}
    await _MISSING.write(tx, [{"seq": seq} for seq in chain.asked], **key)
    if chain.closed:
        filled = (
            "delete from exchange.gaps where cell = :cell and recipient = :recipient"
            " and seq = any(cast(:seqs as bigint[]))"
        )
        await tx.execute(text(filled), {**key, "seqs": chain.closed})


async def add_envelope(
    tx: Transaction,
    envelope: tuple[UUID, str, str, str, int, str],
    place: Place,
    code: str | None,
    keys: Sequence[str],
) -> bool:
    """Add an envelope with its place, and the keys that signed and opened it. False when its identifier was seen before: a replay."""
    names = ("id", "cell", "sender", "recipient", "seq", "sha256")
    row = dict(zip(names, envelope, strict=True))
    return await _ENVELOPE.write(tx, [{**row, "keys": keys}], place=place, code=code, received_at=tx.now) == 1


async def seen_item(tx: Transaction, cell: str, item_id: UUID) -> IncomingItem | None:
    statement = text(
        f"select {_ITEMS.columns()} from exchange.incoming_items where cell = :cell and item_id = :id"
    )
    return _ITEMS.first(await tx.execute(statement, {"cell": cell, "id": item_id}))


async def add_item(tx: Transaction, cell: str, envelope_id: UUID, item: IncomingItem) -> None:
    """Add an item's outcome. A refused item may come again and be judged again; an accepted one stays accepted."""
    await _ITEM.write(tx, [item], cell=cell, envelope_id=envelope_id, at=tx.now)


def _key(raw: RawRecord) -> dict[str, object]:
    return {"cell": raw.cell, "partition": raw.partition, "offset": raw.offset}
