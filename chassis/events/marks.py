"""How far each stream has been handled: the marks of a batch move with its offsets, or are read before it is admitted and saved with its effects."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.events.admission import IncomingRecord, Mark, Run, Stream
from chassis.events.offsets import LOCK, OffsetsMoved, Partition
from chassis.own_tables import MARKS
from chassis.tables import upsert_set

# The offsets first, so that two owners of a partition never wait for one another. What stands behind a mark that is not where the
# batch begins is left: whoever asks for it sees the row as it is by then, and not as it was when this statement began.
_TAKE = text(
    f"""
    with batch as materialized (select pg_advisory_xact_lock_shared({LOCK})), moved as (
        update chassis.offsets as o set next_offset = n.following
        from batch, unnest(cast(:topics as text[]), cast(:partitions as integer[]), cast(:expected as bigint[]),
                           cast(:following as bigint[])) as n(topic, partition, expected, following)
        where o.topic = n.topic and o.partition = n.partition and o.next_offset = n.expected
        returning o.topic
    ), counted as materialized (
        select (select count(*) from batch) as batches, (select count(*) from moved) as partitions
    ), runs as materialized (
        select r.* from counted, unnest(cast(:sources as text[]), cast(:streams as text[]), cast(:firsts as bigint[]),
                                        cast(:lasts as bigint[])) as r(source, stream, first, last)
    ), gone_on as (
        update chassis.marks as m set sequence = r.last from runs as r
        where m.source = r.source and m.stream = r.stream and m.sequence = r.first - 1 and not m.parked and m.ahead <= m.sequence
        returning m.source, m.stream
    ), begun as (
        insert into chassis.marks (source, stream, sequence)
        select source, stream, last from runs where (source, stream) not in (select source, stream from gone_on)
        on conflict do nothing returning source, stream
    )
    select counted.partitions, taken.sources, taken.streams from counted, (
        select array_agg(source) as sources, array_agg(stream) as streams
        from (select * from gone_on union all select * from begun) as t
    ) as taken
    """
)
_MARKS = text(
    """
    select source, stream, sequence, parked, ahead from chassis.marks
    join unnest(cast(:sources as text[]), cast(:streams as text[])) as k(source, stream) using (source, stream)
    """
)
_MOVE = upsert_set(MARKS, "source", "stream", "sequence", "parked")


async def take(
    tx: Transaction,
    expected: Mapping[Partition, int],
    following: Mapping[Partition, int],
    runs: Mapping[Stream, Run],
) -> set[Stream]:
    """Move the offsets of a batch, first of all in its transaction, and the marks of the streams that begin or go on with these runs. Which ones did.

    Raises OffsetsMoved when an offset is not as expected. From here to the end of the transaction no replay runs.
    """
    keys, streams = sorted(following), sorted(runs)
    parameters: dict[str, list[Any]] = {
        "topics": [topic for topic, _ in keys],
        "partitions": [partition for _, partition in keys],
        "expected": [expected[key] for key in keys],
        "following": [following[key] for key in keys],
        "sources": [source for source, _ in streams],
        "streams": [stream for _, stream in streams],
        "firsts": [runs[key].first for key in streams],
        "lasts": [runs[key].last for key in streams],
    }
    taken = (await tx.execute(_TAKE, parameters)).one()
    if taken.partitions != len(keys):
        raise OffsetsMoved
    return set(zip(taken.sources or (), taken.streams or (), strict=True))


async def marks_of(
    tx: Transaction, batch: Sequence[IncomingRecord], without: Collection[Stream] = ()
) -> dict[Stream, Mark]:
    streams = {incoming.stream for incoming in batch if incoming.marked}.difference(without)
    if not streams:
        return {}
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
