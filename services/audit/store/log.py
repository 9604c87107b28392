"""The log's tables: the head is locked, entries are linked behind it, and a repeated event is linked once."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction, caused_by
from contracts.envelope import Received
from services.audit.domain.chain import Leaf, Linked, Record, link
from services.audit.outgoing import logged

LOG = "log"
SALT_BYTES = 16

_HEAD = text("select entry, hash from audit.head for update")
_KNOWN = text("select event_id from audit.entries where event_id = any(cast(:ids as uuid[]))")
_INSERT = text(
    """
    insert into audit.entries (entry, time, event_id, source, type, stream, sequence, actor, organisation, purpose,
                               policy, causationid, salt, commitment, details, previous, hash)
    select * from unnest(cast(:entry as bigint[]), cast(:time as timestamptz[]), cast(:event_id as uuid[]),
        cast(:source as text[]), cast(:type as text[]), cast(:stream as text[]), cast(:sequence as bigint[]),
        cast(:actor as text[]), cast(:organisation as text[]), cast(:purpose as text[]), cast(:policy as text[]),
        cast(:causationid as text[]), cast(:salt as bytea[]), cast(:commitment as text[]), cast(:details as jsonb[]),
        cast(:previous as text[]), cast(:hash as text[]))
    """
)


@dataclass(slots=True)
class Log:
    """The end of the log, and what a batch adds to it."""

    entry: int
    head: str
    pending: list[Received] = field(default_factory=list)


async def load(tx: Transaction, keys: Sequence[str]) -> dict[str, Log]:
    row = (await tx.execute(_HEAD)).one()
    return {key: Log(row.entry, row.hash) for key in keys}


async def save(tx: Transaction, logs: Sequence[Log]) -> None:
    for log in logs:
        fresh = await _unknown(tx, log.pending)
        rows = []
        for received in fresh:
            rows.append(_append(log, received))
            said = logged(received.event, log.entry, log.head)
            tx.say(said, origin=caused_by(tx.origin, str(received.meta.id)))
        if rows:
            await tx.execute(_INSERT, {name: [row[name] for row in rows] for name in rows[0]})
            statement = text("update audit.head set entry = :entry, hash = :hash")
            await tx.execute(statement, {"entry": log.entry, "hash": log.head})


async def _unknown(tx: Transaction, pending: Sequence[Received]) -> list[Received]:
    """Access records carry no sequence, so a repeated one is known by its identifier alone."""
    ids = [received.meta.id for received in pending]
    known = {row.event_id for row in await tx.execute(_KNOWN, {"ids": ids})}
    fresh = {received.meta.id: received for received in pending if received.meta.id not in known}
    return list(fresh.values())


def _append(log: Log, received: Received) -> dict[str, Any]:
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
    linked: Linked = link(log.head, leaf)
    log.entry, log.head = leaf.entry, linked.hash
    return {
        **{name: getattr(leaf, name) for name in Leaf.__slots__},
        "event_id": meta.id,
        "sequence": meta.sequence,
        "causationid": meta.causationid,
        "salt": salt,
        "details": json.dumps(record.details),
        "previous": linked.previous,
        "hash": linked.hash,
    }


def _operational(body: Any) -> Any:
    """The body without its ciphertext: the log must not keep what an erasure has to reach."""
    if isinstance(body, dict):
        return {
            k: _operational(v) for k, v in body.items() if not (isinstance(v, str) and v.startswith("v1."))
        }
    if isinstance(body, list):
        return [_operational(item) for item in body]
    return body
