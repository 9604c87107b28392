"""How far each stream has been handled: the marks of a batch are read before it is admitted and saved with its effects."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.events.admission import IncomingRecord, Mark, Stream
from chassis.own_tables import MARKS
from chassis.tables import upsert_set

_MARKS = text(
    """
    select source, stream, sequence, parked, ahead from chassis.marks
    join unnest(cast(:sources as text[]), cast(:streams as text[])) as k(source, stream) using (source, stream)
    """
)
_MOVE = upsert_set(MARKS, "source", "stream", "sequence", "parked")


async def marks_of(tx: Transaction, batch: Sequence[IncomingRecord]) -> dict[Stream, Mark]:
    streams = {incoming.stream for incoming in batch if incoming.marked}
    parameters = {"sources": [source for source, _ in streams], "streams": [stream for _, stream in streams]}
    rows: Sequence[Any] = (await tx.execute(_MARKS, parameters)).all()
    return {
        (source, stream): Mark(sequence, parked, ahead) for source, stream, sequence, parked, ahead in rows
    }


async def move_marks(tx: Transaction, moved: Mapping[Stream, Mark]) -> None:
    rows = [
        {"source": source, "stream": stream, "sequence": mark.sequence, "parked": mark.parked}
        for (source, stream), mark in sorted(moved.items(), key=lambda one: one[0])
    ]
    await _MOVE.write(tx, rows)
