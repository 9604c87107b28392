"""The consumer with referral's own handlers against its floor: the same records copied into a table with a uuid key."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.database import Database
from chassis.events.consumer import Consumer, Inbox
from chassis.events.subscription import Subscription
from chassis.identity import following
from chassis.observe.telemetry import Telemetry
from contracts.country.reading import read_country
from services.referral import handlers
from tests.bench.cell import PARTITIONS, Bench, dsn, owner

CAS = (
    "update chassis.offsets set next_offset = $4 where topic = $1 and partition = $2 and next_offset = $3"
    " returning next_offset"
)
LIMIT = 500


async def floor(bench: Bench, topic: str) -> float:
    """Seconds from the first batch to the commit of the last."""
    await owner(
        bench.referral,
        "drop table if exists bench.floor",
        "create table bench.floor (id uuid primary key, headers bytea not null, payload bytea not null)",
        "truncate chassis.offsets",
        f"insert into chassis.offsets select '{topic}', p, 0 from generate_series(0, {PARTITIONS - 1}) as p",
    )
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bench.kafka.bootstrap, enable_auto_commit=False, max_poll_records=LIMIT
    )
    conn = await asyncpg.connect(dsn(bench.referral.settings.database_url.get_secret_value()))
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
        consumer.assign(partitions)
        for tp in partitions:
            consumer.seek(tp, 0)
        return await _copy(consumer, conn, bench.events)
    finally:
        await consumer.stop()
        await conn.close()


async def _copy(consumer: Any, conn: Any, count: int) -> float:
    began, copied = 0.0, 0
    while copied < count:
        fetched = await consumer.getmany(timeout_ms=500, max_records=LIMIT)
        if not fetched:
            continue
        began = began or time.perf_counter()
        records = [record for some in fetched.values() for record in some]
        async with conn.transaction():
            for tp, some in fetched.items():
                moved = await conn.fetchval(CAS, tp.topic, tp.partition, some[0].offset, some[-1].offset + 1)
                if moved is None:
                    raise RuntimeError("the floor's offsets were moved")
            await conn.copy_records_to_table(
                "floor",
                schema_name="bench",
                records=[_row(r) for r in records],
            )
        copied += len(records)
    return time.perf_counter() - began


def _row(record: Any) -> tuple[UUID, bytes, bytes]:
    values = [value for _, value in record.headers]
    return UUID(values[1].decode()), b"\n".join(values), record.value


class Timed(Inbox):
    """Notes when the first batch was there and when the last had committed, and each commit for whoever asks."""

    began = ended = 0.0
    taken = 0

    def read(self, records: Sequence[Any]) -> list[Any]:
        if records and not self.began:
            self.began = time.perf_counter()
        return super().read(records)

    async def take(self, batch: Sequence[Any], *args: Any) -> None:
        await super().take(batch, *args)
        self.ended = time.perf_counter()
        self.taken += len(batch)


def subscriptions() -> list[Subscription[Any, Any]]:
    """What `services/referral/app.py` subscribes."""
    clock = read_country(Path("countries/TH")).response_clock
    return [following.subscription(), *handlers.subscriptions(clock, "TH")]


def timed_consumer(bench: Bench, topic: str) -> tuple[Consumer, Timed]:
    one = bench.referral
    database: Database = one.database
    telemetry = Telemetry(one.settings, "referral")
    consumer = Consumer(one.settings, database, one.link, subscriptions(), telemetry, topics=[topic])
    inbox = consumer._inbox = Timed(database, subscriptions(), telemetry)
    return consumer, inbox


async def leg(bench: Bench, topic: str, wait: Any) -> float:
    """Seconds from the first batch to the commit of the last."""
    consumer, inbox = timed_consumer(bench, topic)
    await consumer.start()
    try:
        await wait(lambda: inbox.taken >= bench.events)
    finally:
        await consumer.stop()
    return inbox.ended - inbox.began
