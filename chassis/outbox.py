"""The outbox: events and work written in the transaction that makes them true, by one statement for each kind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MAX_PAYLOAD = 900_000
"""Bytes. The broker refuses more than 1 MiB a record with its headers, so we refuse here, in the command."""

# The stream's row is locked before `pos` is drawn, so `pos` never inverts two events of one stream; a position drawn
# by a transaction that has no transaction id yet would break the relay's holes, and this order excludes that too.
_SEQUENCED = text(
    """
    with counted as (
        select stream, count(*) as n from unnest(cast(:streams as text[])) as s(stream) group by stream order by stream
    ), locked as (
        insert into chassis.streams as t (stream, sequence) select stream, n from counted order by stream
        on conflict (stream) do update set sequence = t.sequence + excluded.sequence
        returning stream, sequence
    ), said as (
        select *, row_number() over (partition by stream order by ord) as i, count(*) over (partition by stream) as n
        from unnest(cast(:topics as text[]), cast(:streams as text[]), cast(:ids as uuid[]), cast(:types as text[]),
                    cast(:times as timestamptz[]), cast(:actors as text[]), cast(:organisations as text[]),
                    cast(:purposes as text[]), cast(:policies as text[]), cast(:causations as text[]),
                    cast(:traces as text[]), cast(:payloads as bytea[]))
             with ordinality as u(topic, stream, id, type, time, actor, organisation, purpose, policy, causationid,
                                  traceparent, payload, ord)
    )
    insert into chassis.outbox (topic, stream, sequence, id, type, time, actor, organisation, purpose, policy,
                                causationid, traceparent, payload)
    select topic, stream, locked.sequence - n + i, id, type, time, actor, organisation, purpose, policy, causationid,
           traceparent, payload
    from said join locked using (stream) order by ord
    """
)

_UNSEQUENCED = text(
    """
    with assigned as materialized (select pg_current_xact_id() as xid)
    insert into chassis.outbox (topic, stream, sequence, id, type, time, actor, organisation, purpose, policy,
                                causationid, traceparent, payload)
    select topic, stream, 0, id, type, time, actor, organisation, purpose, policy, causationid, traceparent, payload
    from assigned,
         unnest(cast(:topics as text[]), cast(:streams as text[]), cast(:ids as uuid[]), cast(:types as text[]),
                cast(:times as timestamptz[]), cast(:actors as text[]), cast(:organisations as text[]),
                cast(:purposes as text[]), cast(:policies as text[]), cast(:causations as text[]),
                cast(:traces as text[]), cast(:payloads as bytea[]))
         with ordinality as u(topic, stream, id, type, time, actor, organisation, purpose, policy, causationid,
                              traceparent, payload, ord)
    where assigned.xid is not null  -- unused, it would be planned away
    order by ord
    """
)

_WORK = text(
    """
    insert into chassis.work (id, kind, key, payload, due_at, traceparent, lane, priority)
    select * from unnest(cast(:ids as uuid[]), cast(:kinds as text[]), cast(:keys as text[]),
                         cast(:payloads as jsonb[]), cast(:dues as timestamptz[]), cast(:traces as text[]),
                         cast(:lanes as text[]), cast(:priorities as smallint[]))
    on conflict (kind, key) do nothing
    """
)


class TooLargeToSay(ValueError):
    """An event that the broker would refuse for its size is refused before it is written."""


@dataclass(frozen=True, slots=True)
class Due:
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
class Row:
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


async def write_rows(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Write the rows in order. Raises TooLargeToSay before anything is written."""
    if any(len(row.payload) > MAX_PAYLOAD for row in rows):
        raise TooLargeToSay(f"an event may have at most {MAX_PAYLOAD} bytes")
    for statement, chosen in (
        (_SEQUENCED, [r for r in rows if r.sequenced]),
        (_UNSEQUENCED, [r for r in rows if not r.sequenced]),
    ):
        if chosen:
            await conn.execute(statement, _columns(chosen))


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {
        "topics": [r.topic for r in rows],
        "streams": [r.stream for r in rows],
        "ids": [r.id for r in rows],
        "types": [r.type for r in rows],
        "times": [r.time for r in rows],
        "actors": [r.actor for r in rows],
        "organisations": [r.organisation for r in rows],
        "purposes": [r.purpose for r in rows],
        "policies": [r.policy for r in rows],
        "causations": [r.causationid for r in rows],
        "traces": [r.traceparent for r in rows],
        "payloads": [r.payload for r in rows],
    }


async def write_work(
    conn: AsyncConnection, due: Sequence[Due], now: datetime, traceparent: str | None
) -> None:
    """Write work rows; one that exists under the same kind and key stays as it is."""
    await conn.execute(
        _WORK,
        {
            "ids": [uuid4() for _ in due],
            "kinds": [d.kind for d in due],
            "keys": [d.key for d in due],
            "payloads": [json.dumps(d.payload) for d in due],
            "dues": [d.due_at or now for d in due],
            "traces": [traceparent for _ in due],
            "lanes": [d.lane for d in due],
            "priorities": [d.priority for d in due],
        },
    )
