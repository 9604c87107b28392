"""What the servers of two cells count by themselves: statements, transactions, flushes of the log, its bytes, messages and their bytes."""

import asyncio
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, cast

import asyncpg
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from deploy.local.kafka import Broker
from tests.bench.whole.cells import CELLS, Running

STATEMENTS = """
select coalesce(sum(calls), 0)::float8 as statements,
    coalesce(sum(calls) filter (where toplevel and query <> 'begin' and query not like 'set local %'), 0)::float8 as round_trips,
    coalesce(sum(calls) filter (where upper(query) = 'COMMIT'), 0)::float8 as commits
from pg_stat_statements where userid <> 'postgres'::regrole
"""
LOG = """
select (select sum(fsyncs) from pg_stat_io where object = 'wal')::float8 as flushes, (select wal_bytes from pg_stat_wal)::float8 as log_bytes
"""


class Amounts:
    """Numbers of several kinds: each kind is added, taken away and multiplied by itself."""

    __slots__ = ()

    def __sub__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(cast(Any, self))))

    def __mul__(self, factor: float) -> Self:
        return type(self)(*(getattr(self, f.name) * factor for f in fields(cast(Any, self))))

    def __add__(self, other: Self) -> Self:
        return self - other * -1


@dataclass(frozen=True, slots=True)
class Counts(Amounts):
    """Of one or several cells, since some moment or for each case. `round_trips` are statements that a client sent, but those that go ahead of
    another; a commit that goes behind another is among them. `commits` are those of transactions that a client began.
    """

    statements: float = 0
    round_trips: float = 0
    commits: float = 0
    flushes: float = 0
    log_bytes: float = 0
    messages: float = 0
    message_bytes: float = 0


async def counted(cells: Running, cell: str) -> Counts:
    """The counts of one cell until now; the superuser's statements, as the benchmark's own, are not among them."""
    connection = await asyncpg.connect(cells.dsn(cell, "postgres"))
    try:
        await connection.execute("create extension if not exists pg_stat_statements")
        found = dict(await connection.fetchrow(STATEMENTS)) | dict(await connection.fetchrow(LOG))
    finally:
        await connection.close()
    folder = cells.tree.state / cell.lower() / "kafka"
    return Counts(**found, **await asyncio.to_thread(_messages, folder, f"kafka-{cell.lower()}"))


async def both(cells: Running) -> Counts:
    """The counts of both cells together."""
    return sum([await counted(cells, cell) for cell in CELLS], Counts())


def _messages(folder: Path, name: str) -> dict[str, float]:
    """The records that the broker has taken, by its own numbers, and the bytes of its segments; internal topics are left out."""
    admin = AdminClient(Broker(folder, name=name).admin_config)
    topics = admin.list_topics(timeout=10).topics
    asked = {
        TopicPartition(topic, partition): OffsetSpec.latest()
        for topic, there in topics.items()
        if not topic.startswith("__")
        for partition in there.partitions
    }
    ends = [future.result().offset for future in admin.list_offsets(asked).values()]
    segments = [file.stat().st_size for file in (folder / "data").glob("[!_]*/*.log")]
    return {"messages": float(sum(ends)), "message_bytes": float(sum(segments))}
