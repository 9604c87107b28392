"""Events that wait: kept with their stream when one cannot be handled, listed, replayed in order, or discarded."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.events.admission import Cause, IncomingRecord, Mark, Message, ParkedEvent, Record, Stream
from chassis.own_tables import PARKED, ParkedState
from chassis.tables import insert_missing
from contracts.catalogue import CATALOGUE

KNOWN = frozenset(entry.type for entry in CATALOGUE)

_STORED = text(
    """
    select source, stream, sequence from chassis.parked
    join unnest(cast(:sources as text[]), cast(:streams as text[]), cast(:sequences as bigint[]))
         as k(source, stream, sequence) using (source, stream, sequence)
    """
)
_KEEP = insert_missing(PARKED, without=["parked_at"], key=["source", "stream", "sequence"])
_LIST = text(
    f"""
    select source, stream, sequence, topic, headers, reason, place, state, parked_at from chassis.parked
    where state = '{ParkedState.WAITING}' and (cast(:only as text) is null or stream = :only) and (cast(:at as timestamptz) is null
        or (parked_at, source, stream, sequence) > (cast(:at as timestamptz), :source, :stream, :sequence))
    order by parked_at, source, stream, sequence limit :limit
    """
)
_NEXT = text(
    """
    select sequence, topic, partition, "offset", headers, payload, state from chassis.parked
    where source = :source and stream = :stream and sequence > :after order by sequence limit 1
    """
)
_SETTLE = text(
    "update chassis.parked set state = :state where source = :source and stream = :stream and sequence = :sequence"
    f" and state = '{ParkedState.WAITING}'"
)
_EXPLAIN = text(
    "update chassis.parked set reason = :reason, place = :place"
    " where source = :source and stream = :stream and sequence = :sequence"
)
_HOLD = text(
    f"""
    select sequence, topic, headers, reason, place, state, parked_at from chassis.parked
    where source = :source and stream = :stream and sequence = :sequence and state = '{ParkedState.WAITING}' for update
    """
)
_FIRST = text(
    f"select min(sequence) from chassis.parked where source = :source and stream = :stream and state = '{ParkedState.WAITING}'"
)
_WAITING = text(
    f"select count(*) from chassis.parked where source = :source and stream = :stream and state = '{ParkedState.WAITING}'"
)


async def stored(
    tx: Transaction, batch: Sequence[IncomingRecord], marks: Mapping[Stream, Mark]
) -> set[tuple[Stream, int]]:
    """The events of the batch that are already kept: looked for only where an event of their streams is."""
    asked = [i for i in batch if i.marked and (mark := marks.get(i.stream)) is not None and mark.has_kept]
    return await kept(tx, asked) if asked else set()


async def kept(tx: Transaction, asked: Sequence[IncomingRecord]) -> set[tuple[Stream, int]]:
    parameters = {
        "sources": [i.stream[0] for i in asked],
        "streams": [i.stream[1] for i in asked],
        "sequences": [i.sequence for i in asked],
    }
    return {((r.source, r.stream), r.sequence) for r in await tx.execute(_STORED, parameters)}


async def keep(tx: Transaction, parked: Sequence[ParkedEvent]) -> None:
    await _KEEP.write(tx, [_row(p) for p in parked])


def _row(parked: ParkedEvent) -> dict[str, Any]:
    incoming, record = parked.incoming, parked.incoming.record
    return {
        "source": incoming.stream[0],
        "stream": incoming.stream[1],
        "sequence": incoming.sequence,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "headers": _packed(record),
        "payload": record.value or b"",
        "reason": parked.cause.reason,
        "place": parked.cause.place,
        "state": parked.state,
    }


def _packed(record: Record) -> bytes:
    """The headers as they came: a name and any bytes, which Latin-1 carries unchanged through JSON."""
    return json.dumps([[name, (value or b"").decode("latin-1")] for name, value in record.headers]).encode()


def message(row: Row[Any]) -> Message:
    headers = [(name, value.encode("latin-1")) for name, value in json.loads(row.headers)]
    return Message(row.topic, row.partition, row.offset, headers, row.payload)


async def list_parked(
    tx: Transaction, limit: int, after: Sequence[str] | None = None, only: str | None = None
) -> tuple[Sequence[Row[Any]], tuple[object, ...] | None]:
    """The events that wait for an operator, oldest first, and the position of the next page (None on the last)."""
    at, source, stream, sequence = after or (None, "", "", "0")
    parameters = {
        "at": _instant(at),
        "source": source,
        "stream": stream,
        "sequence": int(sequence),
        "limit": limit,
        "only": only,
    }
    rows = (await tx.execute(_LIST, parameters)).all()
    last = rows[-1] if len(rows) == limit else None
    return rows, None if last is None else (
        last.parked_at.isoformat(),
        last.source,
        last.stream,
        last.sequence,
    )


def _instant(text_: str | None) -> Any:
    return None if text_ is None else datetime.fromisoformat(text_)


def type_of(row: Row[Any]) -> str | None:
    """The event's type, where it is one that we know: a header may hold anything."""
    types = [value for name, value in json.loads(row.headers) if name == "ce_type"] if row.headers else []
    return types[0] if types and types[0] in KNOWN else None


async def hold_waiting(tx: Transaction, stream: Stream, sequence: int) -> Row[Any] | None:
    """Lock an event that waits."""
    parameters = {"source": stream[0], "stream": stream[1], "sequence": sequence}
    return (await tx.execute(_HOLD, parameters)).one_or_none()


async def first_waiting(tx: Transaction, stream: Stream) -> int | None:
    found: int | None = (await tx.execute(_FIRST, {"source": stream[0], "stream": stream[1]})).scalar_one()
    return found


async def following(tx: Transaction, stream: Stream, after: int) -> Row[Any] | None:
    parameters = {"source": stream[0], "stream": stream[1], "after": after}
    return (await tx.execute(_NEXT, parameters)).one_or_none()


async def settle(tx: Transaction, stream: Stream, sequence: int, to: ParkedState = ParkedState.DONE) -> bool:
    """Settle an event: the one gate of its state. True where it was waiting until now."""
    parameters = {"source": stream[0], "stream": stream[1], "sequence": sequence, "state": to}
    return (await tx.execute(_SETTLE, parameters)).rowcount == 1


async def discard(tx: Transaction, source: str, stream: str, sequence: int) -> bool:
    """Give one event up: a replay passes over it. An operator's decision, whose actor the transaction knows."""
    return await settle(tx, (source, stream), sequence, ParkedState.DISCARDED)


async def explain(tx: Transaction, stream: Stream, sequence: int, cause: Cause) -> None:
    parameters = {"source": stream[0], "stream": stream[1], "sequence": sequence}
    await tx.execute(_EXPLAIN, {**parameters, "reason": cause.reason, "place": cause.place})


async def waiting(tx: Transaction, stream: Stream) -> int:
    return int((await tx.execute(_WAITING, {"source": stream[0], "stream": stream[1]})).scalar_one())
