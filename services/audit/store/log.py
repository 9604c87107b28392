"""The log's tables: the head is locked, entries are linked behind it, and a repeated event is linked once."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction, caused_by
from chassis.tables import SetStatement, insert_set, source
from contracts.envelope import ReceivedEvent
from services.audit.domain.chain import Leaf, LinkedLeaf, Record, link
from services.audit.outgoing import logged
from services.audit.store.tables import ENTRIES

LOG = "log"
SALT_BYTES = 16

# Whatever waits for the head knows no event of another's batch: one event is in one partition, and a partition has one reader.
_HEAD = text(
    """
    with head as materialized (select entry, hash from audit.head for update)
    select head.entry, head.hash, known.source, known.event_id from head left join (
        select source, event_id from audit.entries
        where (source, event_id) in (select * from unnest(cast(:sources as text[]), cast(:ids as uuid[])))
    ) as known on true
    """
)
_COLUMNS = {column.name: column for column in ENTRIES.c}
_LINK = SetStatement(
    f"""
    with given as materialized (select * from {source(_COLUMNS)}), moved as (
        update audit.head set entry = last.entry, hash = last.hash from (select entry, hash from given order by entry desc limit 1) as last
    )
    {insert_set(ENTRIES).sql.replace(source(_COLUMNS), "given as u")}
    """,
    _COLUMNS,
)
"""The entries, and the last of them as the head."""
_END = text("select entry, hash from audit.head")
_HASHES = text(
    "select hash from audit.entries where entry > :after and entry <= :until order by entry limit :limit"
)


@dataclass(slots=True)
class Log:
    """The end of the log, as it is once it was locked, and the events that a batch adds to it."""

    entry: int = 0
    head: str = ""
    pending: list[ReceivedEvent] = field(default_factory=list)


async def load(_: Transaction, keys: Sequence[str]) -> dict[str, Log]:
    return {key: Log() for key in keys}


async def save(tx: Transaction, logs: Sequence[Log]) -> None:
    for log in logs:
        fresh = await _locked(tx, log)
        rows = []
        for received in fresh:
            rows.append(_append(log, received))
            said = logged(received.event, log.entry, log.head)
            tx.say(said, origin=caused_by(tx.origin, str(received.meta.id)))
        if rows:
            await _LINK.write(tx, rows)


async def _locked(tx: Transaction, log: Log) -> list[ReceivedEvent]:
    """The pending events that are no entries yet, at the end of the log, which is locked. Access records carry no sequence, so a
    repeated one is known by its source and identifier alone.
    """
    fresh = {(received.meta.source, received.meta.id): received for received in log.pending}
    asked = {"sources": [source for source, _ in fresh], "ids": [id_ for _, id_ in fresh]}
    for row in await tx.execute(_HEAD, asked):
        log.entry, log.head = row.entry, row.hash
        fresh.pop((row.source, row.event_id), None)
    return list(fresh.values())


def _append(log: Log, received: ReceivedEvent) -> dict[str, Any]:
    meta, salt = received.meta, os.urandom(SALT_BYTES)
    body: dict[str, Any] = received.event.model_dump(mode="json") if received.event is not None else {}
    record = Record(salt, _operational(body))
    leaf = Leaf(
        entry=log.entry + 1,
        time=meta.time,
        event_id=str(meta.id),
        source=meta.source,
        type=meta.type,
        stream=meta.stream,
        actor=meta.actor,
        organisation=meta.organisation,
        purpose=meta.purpose,
        policy=meta.policy,
        commitment=record.commitment(),
    )
    linked: LinkedLeaf = link(log.head, leaf)
    log.entry, log.head = leaf.entry, linked.hash
    return {
        **{name: getattr(leaf, name) for name in Leaf.__slots__},
        "event_id": meta.id,
        "sequence": meta.sequence,
        "causationid": meta.causationid,
        "salt": salt,
        "details": record.details,
        "previous": linked.previous,
        "hash": linked.hash,
    }


def _operational(body: Any) -> Any:
    """The body without its ciphertext: the log must not keep values that an erasure has to reach."""
    if isinstance(body, dict):
        return {
            k: _operational(v) for k, v in body.items() if not (isinstance(v, str) and v.startswith("v1."))
        }
    if isinstance(body, list):
        return [_operational(item) for item in body]
    return body


async def head(tx: Transaction) -> tuple[int, str]:
    """The length of the log, and the hash that covers all of it."""
    row = (await tx.execute(_END)).one()
    return row.entry, row.hash


async def hashes(tx: Transaction, after: int, until: int, limit: int) -> Sequence[str]:
    """Hashes of the entries behind `after`, in their order."""
    found = await tx.execute(_HASHES, {"after": after, "until": until, "limit": limit})
    return found.scalars().all()
