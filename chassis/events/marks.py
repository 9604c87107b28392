"""How far each stream has been handled: the marks of a batch are read before it is admitted and saved with its effects."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.events.admission import Incoming, Mark, Stream

_MARKS = text(
    """
    select source, stream, sequence, parked, ahead from chassis.marks
    join unnest(cast(:sources as text[]), cast(:streams as text[])) as k(source, stream) using (source, stream)
    """
)
_MOVE = text(
    """
    insert into chassis.marks (source, stream, sequence, parked)
    select * from unnest(cast(:sources as text[]), cast(:streams as text[]), cast(:sequences as bigint[]),
                         cast(:parked as boolean[]))
    on conflict (source, stream) do update set sequence = excluded.sequence, parked = excluded.parked
    """
)


async def marks_of(tx: Transaction, batch: Sequence[Incoming]) -> dict[Stream, Mark]:
    streams = {incoming.stream for incoming in batch if incoming.marked}
    parameters = {"sources": [source for source, _ in streams], "streams": [stream for _, stream in streams]}
    rows: Sequence[Any] = (await tx.execute(_MARKS, parameters)).all()
    return {
        (source, stream): Mark(sequence, parked, ahead) for source, stream, sequence, parked, ahead in rows
    }


async def move_marks(tx: Transaction, moved: Mapping[Stream, Mark]) -> None:
    if not moved:
        return
    streams = sorted(moved)
    marks = [moved[stream] for stream in streams]
    parameters = {
        "sources": [source for source, _ in streams],
        "streams": [stream for _, stream in streams],
        "sequences": [mark.sequence for mark in marks],
        "parked": [mark.parked for mark in marks],
    }
    await tx.execute(_MOVE, parameters)
