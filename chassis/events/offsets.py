"""How far each partition has been handled: kept in the service's database, moved by compare-and-set with the effects."""

from collections.abc import Collection, Mapping

from sqlalchemy import text

from chassis.database import Database, Transaction
from chassis.own_tables import OFFSETS
from chassis.tables import insert_missing
from chassis.wakes import Wake

Partition = tuple[str, int]
"""A topic and the number of its partition."""

LOCK = "hashtext('corridor.replay')"
"""The lock that each batch holds shared and a replay exclusively: a replay never meets a batch half way."""

_SHARE = text(f"select pg_advisory_xact_lock_shared({LOCK})")
_READ = text("select topic, partition, next_offset from chassis.offsets where topic = any(:topics)")
_BEGIN = insert_missing(OFFSETS)
_ALL = text("select topic, partition, next_offset from chassis.offsets")
_PUT = text(
    "update chassis.offsets set next_offset = :offset"
    " where topic = :topic and partition = :partition and next_offset = :expected"
)


_HOLD = text(
    """
    select from chassis.offsets
    join unnest(cast(:topics as text[]), cast(:partitions as integer[])) as k(topic, partition) using (topic, partition)
    order by topic, partition for update of offsets
    """
)


class OffsetsMoved(Exception):
    """Another owner of a partition moved on, or moved the offset: roll back, and seek to the database's offset."""


async def hold(tx: Transaction, partitions: Collection[Partition]) -> None:
    """Until the transaction ends no batch of these partitions commits, and no replay runs."""
    await tx.execute(_SHARE)
    topics, numbers = [topic for topic, _ in partitions], [number for _, number in partitions]
    await tx.execute(_HOLD, {"topics": topics, "partitions": numbers})


async def stored(database: Database, topics: list[str]) -> dict[Partition, int]:
    async with database.transaction(database.system()) as tx:
        rows = await tx.execute(_READ, {"topics": topics})
        return {(row.topic, row.partition): row.next_offset for row in rows}


async def begin(database: Database, first: Mapping[Partition, int]) -> None:
    """Begin partitions that were never read, at these offsets."""
    if first:
        rows = [{"topic": t, "partition": p, "next_offset": o} for (t, p), o in first.items()]
        async with database.transaction(database.system()) as tx:
            await _BEGIN.write(tx, rows)


async def all_stored(tx: Transaction) -> dict[Partition, int]:
    rows = await tx.execute(_ALL)
    return {(row.topic, row.partition): row.next_offset for row in rows}


async def put_if(tx: Transaction, partition: Partition, expected: int, offset: int) -> bool:
    """For an operator who accepts that events are gone, or reads a partition again. False where its offset is another
    by now.
    """
    key = {"topic": partition[0], "partition": partition[1]}
    put = (await tx.execute(_PUT, {**key, "expected": expected, "offset": offset})).rowcount == 1
    if put:
        tx.wakes.add(Wake.OFFSETS)
    return put
