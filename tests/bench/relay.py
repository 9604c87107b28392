"""The relay against its floor: the same rows read and produced by librdkafka, in order, waiting for nothing."""

import time
from typing import Any

import asyncpg
from confluent_kafka import Producer

from chassis.events.gaps import Tracker
from chassis.events.publisher import headers
from chassis.events.relay import BATCH, Relay
from tests.bench.cell import Bench, dsn

READ = "select * from chassis.outbox where pos > $1 order by pos limit $2"


async def floor(bench: Bench, topic: str, first: str = "") -> float:
    """Seconds from the first read to the last acknowledgement. The record before them goes to `first`, where that is named."""
    producer = Producer(
        {
            "bootstrap.servers": bench.kafka.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    producer.produce(first or topic, b"", partition=0)
    producer.flush(60)  # the first record waits for the broker to give the producer its id
    source = bench.consent.database.source.encode()
    conn = await asyncpg.connect(dsn(bench.consent.settings.database_url.get_secret_value()))
    try:
        began, last = time.perf_counter(), 0
        while rows := await conn.fetch(READ, last, BATCH):
            for row in rows:
                producer.produce(row["topic"], row["payload"], row["stream"], headers=headers(row, source))
            producer.poll(0)
            last = rows[-1]["pos"]
        producer.flush(60)
        return time.perf_counter() - began
    finally:
        await conn.close()


class Timed(Relay):
    """Notes when it began to read and when its last checkpoint and deletion were done."""

    began = ended = 0.0
    relayed = 0

    async def _pump(self, reader: Any, publisher: Any) -> None:
        self.began = time.perf_counter()
        await super()._pump(reader, publisher)

    async def _forget(self, reader: Any, tracker: Tracker, published: int) -> None:
        await super()._forget(reader, tracker, published)
        self.relayed += published
        if published:
            self.ended = time.perf_counter()


async def leg(bench: Bench, wait: Any) -> float:
    """Seconds from the first read to the last row's acknowledgement, checkpoint and deletion."""
    relay = Timed(bench.consent.settings, bench.consent.database, bench.consent.link)
    await relay.start()
    try:
        await wait(lambda: relay.relayed >= bench.events)
    finally:
        await relay.stop()
    return relay.ended - relay.began
