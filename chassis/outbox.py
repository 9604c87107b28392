"""The outbox: events and work written in the transaction that makes them true, by one statement at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from chassis.connection import DirectConnection
from chassis.own_tables import OUTBOX, WORK
from chassis.set_writes import SetWrite, write_together
from chassis.tables import SetStatement, insert_missing, listed, source

MAX_PAYLOAD = 900_000
"""Bytes. The broker refuses more than 1 MiB a record with its headers, so we refuse here, in the command."""

_WRITTEN = {c.name: c for c in OUTBOX.c if c.name not in {"pos", "sequence"}}
_NAMES = listed(_WRITTEN)

# The stream's row is locked before `pos` is drawn, so `pos` never inverts two events of one stream; a position drawn
# by a transaction that has no transaction id yet would break the relay's holes, and this order excludes that too.
_SEQUENCED = SetStatement(
    f"""with given as materialized (select * from {source(_WRITTEN, counted=True)}), counted as (
        select stream, count(*) as n from given group by stream order by stream
    ), locked as (
        insert into chassis.streams as t (stream, sequence) select stream, n from counted order by stream
        on conflict (stream) do update set sequence = t.sequence + excluded.sequence
        returning stream, sequence
    ), said as (
        select *, row_number() over (partition by stream order by ord) as i, count(*) over (partition by stream) as n
        from given
    )
    insert into chassis.outbox ({_NAMES}, sequence)
    select {_NAMES}, locked.sequence - n + i from said join locked using (stream) order by ord
    """,
    _WRITTEN,
)

_UNSEQUENCED = SetStatement(
    f"""
    with assigned as materialized (select pg_current_xact_id() as xid)
    insert into chassis.outbox ({_NAMES}, sequence)
    select {_NAMES}, 0 from assigned, {source(_WRITTEN, counted=True)}
    where assigned.xid is not null  -- unused, it would be planned away
    order by ord
    """,
    _WRITTEN,
)

_WORK = insert_missing(
    WORK,
    "id",
    "kind",
    "key",
    "payload",
    "due_at",
    "first_due_at",
    "traceparent",
    "lane",
    "priority",
    key=["kind", "key"],
)


_UNPUBLISHED = text(
    "select topic from unnest(cast(:topics as text[])) as asked(topic)"
    " where exists (select from chassis.outbox as o where o.topic = asked.topic and o.time < :before"
    " and o.pos > (select max_pos from chassis.relay))"
)


class TooLargeToSay(ValueError):
    """An event that the broker would refuse for its size is refused before it is written."""


@dataclass(frozen=True, slots=True)
class DueWork:
    """A piece of work for the network or a clock. `kind` and `key` name it once; the payload is operational only.

    Work of different lanes never waits for one another; in a lane the lowest `priority` goes first.
    """

    kind: str
    key: str
    payload: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    lane: str = ""
    priority: int = 0


@dataclass(slots=True)
class OutboxRow:
    """One outbox row before it has its sequence. `type` is None for a raw message such as a sealed envelope."""

    topic: str
    stream: str
    payload: bytes
    time: datetime
    actor: str
    organisation: str
    purpose: str
    policy: str
    type: str | None
    causationid: str | None
    traceparent: str | None
    sequenced: bool = True
    id: UUID = field(default_factory=uuid4)


async def write_last(
    conn: DirectConnection, rows: Sequence[OutboxRow], beside: Sequence[SetWrite], *, ends: bool = False
) -> None:
    """Write the rows in order, and the rest beside them; `ends`: and commit, where there is anything. Raises TooLargeToSay before anything is written."""
    if any(len(row.payload) > MAX_PAYLOAD for row in rows):
        raise TooLargeToSay(f"an event may have at most {MAX_PAYLOAD} bytes")
    together = [*beside, SetWrite(_SEQUENCED, [r for r in rows if r.sequenced])]
    alone = [r for r in rows if not r.sequenced]
    if ends and not alone and any(one.rows for one in together):
        conn.end()
    await write_together(conn, together)
    if ends and alone:
        conn.end()
    await _UNSEQUENCED.write(conn, alone)


def work_to_write(due: Sequence[DueWork], now: datetime, traceparent: str | None) -> SetWrite:
    """The rows of work; one that exists under the same kind and key stays as it is."""
    rows = [
        {
            "id": uuid4(),
            "kind": one.kind,
            "key": one.key,
            "payload": one.payload,
            "due_at": one.due_at or now,
            "first_due_at": one.due_at or now,
            "lane": one.lane,
            "priority": one.priority,
        }
        for one in due
    ]
    return SetWrite(_WORK, rows, {"traceparent": traceparent})


async def held_up(conn: DirectConnection, topics: Sequence[str], before: datetime) -> set[str]:
    """Of these, the topics for which something that was written before this moment has not been published yet."""
    asked = {"topics": [*topics], "before": before}
    return set((await conn.execute(_UNPUBLISHED, asked)).scalars())
