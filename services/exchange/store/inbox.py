"""What came in: raw bytes first, then the chain of each sender, what was in each envelope, and what was set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.items import ItemClass, Outcome
from services.exchange.domain.chain import FIRST_PREV, IncomingChain, Place

MAX_KEPT = 10_000
"""Refused envelopes that are kept of one partner: some gigabytes at most, and the topic has the others."""

_STORE = text(
    """
    insert into exchange.inbox (cell, partition, "offset", raw)
    select :cell, * from unnest(cast(:partitions as integer[]), cast(:offsets as bigint[]), cast(:raws as bytea[]))
    on conflict do nothing
    """
)
_MOVE = text(
    """
    insert into exchange.offsets (cell, partition, next_offset)
    select :cell, * from unnest(cast(:partitions as integer[]), cast(:offsets as bigint[]))
    on conflict (cell, partition) do update set next_offset = excluded.next_offset
    where exchange.offsets.next_offset <= excluded.next_offset
    """
)
_PAGE = text(
    """
    select partition, "offset", raw, attempts from exchange.inbox
    where cell = :cell and (partition, "offset") > (:partition, :offset)
    order by partition, "offset" limit :limit
    """
)
_ENVELOPE = text(
    """
    insert into exchange.incoming_envelopes (id, cell, sender, recipient, seq, sha256, place, code, received_at)
    values (:id, :cell, :sender, :recipient, :seq, :sha256, :place, :code, :now) on conflict do nothing
    """
)
_QUARANTINE = text(
    """
    insert into exchange.quarantine (cell, partition, "offset", raw, code, disclosures, at)
    select cell, partition, "offset", raw, :code, cast(:disclosures as uuid[]), :now from exchange.inbox
    where cell = :cell and partition = :partition and "offset" = :offset
      and (select count(*) from (select from exchange.quarantine where cell = :cell limit :most) as kept) < :most
    on conflict do nothing
    """
)


@dataclass(frozen=True, slots=True)
class Raw:
    """One record of a partner's topic, as it was read."""

    cell: str
    partition: int
    offset: int
    raw: bytes
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class IncomingItem:
    """What became of one item; a repeated one has no second effect and gets the same receipt."""

    item_id: UUID
    item_class: ItemClass
    outcome: Outcome
    code: str | None = None
    case_id: UUID | None = None
    disclosure_id: UUID | None = None


async def offsets(tx: Transaction, cell: str) -> dict[int, int]:
    statement = "select partition, next_offset from exchange.offsets where cell = :cell"
    return {row.partition: row.next_offset for row in await tx.execute(text(statement), {"cell": cell})}


async def store_raw(tx: Transaction, cell: str, records: Sequence[Raw], following: Mapping[int, int]) -> None:
    """The bytes and how far we read, in one transaction: nothing is lost and nothing is kept twice."""
    if records:
        await tx.execute(
            _STORE,
            {
                "cell": cell,
                "partitions": [r.partition for r in records],
                "offsets": [r.offset for r in records],
                "raws": [r.raw for r in records],
            },
        )
    await tx.execute(
        _MOVE, {"cell": cell, "partitions": list(following), "offsets": list(following.values())}
    )


async def page(tx: Transaction, cell: str, after: tuple[int, int], limit: int) -> list[Raw]:
    parameters = {"cell": cell, "partition": after[0], "offset": after[1], "limit": limit}
    rows = await tx.execute(_PAGE, parameters)
    return [Raw(cell, row.partition, row.offset, bytes(row.raw), row.attempts) for row in rows]


async def hold(tx: Transaction, raw: Raw) -> bool:
    """Lock the record if it is still there; another process may have been faster."""
    statement = 'select 1 from exchange.inbox where cell = :cell and partition = :partition and "offset" = :offset for update'
    return (await tx.execute(text(statement), _key(raw))).first() is not None


async def drop(tx: Transaction, raw: Raw) -> None:
    """Done with: its items are applied, or it stands in quarantine."""
    statement = (
        'delete from exchange.inbox where cell = :cell and partition = :partition and "offset" = :offset'
    )
    await tx.execute(text(statement), _key(raw))


async def failed(tx: Transaction, raw: Raw) -> None:
    statement = (
        "update exchange.inbox set attempts = attempts + 1"
        ' where cell = :cell and partition = :partition and "offset" = :offset'
    )
    await tx.execute(text(statement), _key(raw))


async def set_aside(tx: Transaction, raw: Raw, code: str, disclosures: Sequence[UUID] = ()) -> None:
    """Before it is dropped: what was refused is kept whole for whoever has to look into it, MAX_KEPT of each partner."""
    facts = {"code": code, "disclosures": list(disclosures), "now": tx.now, "most": MAX_KEPT}
    await tx.execute(_QUARANTINE, {**_key(raw), **facts})


async def forget(tx: Transaction, cell: str, disclosure_id: UUID) -> None:
    """A recalled disclosure is not kept in quarantine either."""
    statement = "delete from exchange.quarantine where cell = :cell and :id = any(disclosures)"
    await tx.execute(text(statement), {"cell": cell, "id": disclosure_id})


async def lock_chain(tx: Transaction, cell: str, recipient: str) -> IncomingChain:
    new = (
        "insert into exchange.incoming_chains (cell, recipient, seq, head, forks, announced)"
        " values (:cell, :recipient, 0, :head, 0, 0) on conflict do nothing"
    )
    key = {"cell": cell, "recipient": recipient}
    await tx.execute(text(new), {**key, "head": FIRST_PREV})
    locking = (
        "select * from exchange.incoming_chains where cell = :cell and recipient = :recipient for update"
    )
    row = (await tx.execute(text(locking), key)).one()
    gaps = "select seq from exchange.gaps where cell = :cell and recipient = :recipient"
    missing = {gap.seq for gap in await tx.execute(text(gaps), key)}
    return IncomingChain(cell, recipient, row.seq, row.head, row.forks, row.announced, missing)


async def save_chain(tx: Transaction, chain: IncomingChain) -> None:
    key = {"cell": chain.cell, "recipient": chain.recipient}
    statement = (
        "update exchange.incoming_chains set seq = :seq, head = :head, forks = :forks, announced = :announced"
        " where cell = :cell and recipient = :recipient"
    )
    values = {name: getattr(chain, name) for name in ("seq", "head", "forks", "announced")}
    await tx.execute(text(statement), {**key, **values})
    if chain.asked:
        missing = (
            "insert into exchange.gaps (cell, recipient, seq)"
            " select :cell, :recipient, unnest(cast(:seqs as bigint[])) on conflict do nothing"
        )
        await tx.execute(text(missing), {**key, "seqs": chain.asked})
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
) -> bool:
    """(identifier, cell, sender, recipient, seq, hash). False when this identifier was seen before: a replay."""
    names = ("id", "cell", "sender", "recipient", "seq", "sha256")
    parameters = dict(zip(names, envelope, strict=True))
    done = await tx.execute(_ENVELOPE, {**parameters, "place": place.value, "code": code, "now": tx.now})
    return done.rowcount == 1


async def seen_item(tx: Transaction, cell: str, item_id: UUID) -> IncomingItem | None:
    statement = "select * from exchange.incoming_items where cell = :cell and item_id = :id"
    row = (await tx.execute(text(statement), {"cell": cell, "id": item_id})).first()
    if row is None:
        return None
    return IncomingItem(
        row.item_id, ItemClass(row.item_class), row.outcome, row.code, row.case_id, row.disclosure_id
    )


async def add_item(tx: Transaction, cell: str, envelope_id: UUID, item: IncomingItem) -> None:
    """A refused item may come again and be judged again; an accepted one stays accepted."""
    statement = """
        insert into exchange.incoming_items (cell, item_id, envelope_id, item_class, case_id, disclosure_id, outcome,
                                             code, at)
        values (:cell, :item_id, :envelope, :item_class, :case_id, :disclosure_id, :outcome, :code, :now)
        on conflict (cell, item_id) do update set envelope_id = excluded.envelope_id, case_id = excluded.case_id,
            outcome = excluded.outcome, code = excluded.code, at = excluded.at
        where exchange.incoming_items.outcome <> 'accepted'
    """
    parameters = {name: getattr(item, name) for name in IncomingItem.__slots__}
    await tx.execute(text(statement), {**parameters, "cell": cell, "envelope": envelope_id, "now": tx.now})


def _key(raw: Raw) -> dict[str, object]:
    return {"cell": raw.cell, "partition": raw.partition, "offset": raw.offset}
