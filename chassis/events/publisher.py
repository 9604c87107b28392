"""Publishing: rows of the outbox become records, in batches of our own making, and go to Kafka in order."""

import asyncio
import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer

from chassis.events.kafka import Partitions, SharedReading
from contracts.envelope import CONTENT_TYPE

SLICE = 50
"""The rows of which records are made before everything else of the process has its turn."""

Records = list[dict[str, Any]]
"""The records of a batch: timestamp, key, value and headers of each."""

RAW_HEADERS = [("content-type", b"application/jose")]
"""The only header that leaves with a sealed envelope: no event attribute stands outside it."""

Batches = Mapping[tuple[str, int], Sequence[tuple[Any, Records]]]
"""By topic and partition, the batches in their order: each for the client, and its records for who reads here."""


def headers(row: Any, source: bytes) -> list[tuple[str, bytes]]:
    """The headers of a row, equal to those of `Meta.headers`, made without a model: this runs once for each event."""
    if row["type"] is None:
        return list(RAW_HEADERS)
    made = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(row["id"]).encode()),
        ("ce_source", source),
        ("ce_type", row["type"].encode()),
        ("ce_time", _instant(row["time"])),
        ("ce_partitionkey", row["stream"].encode()),
        ("ce_sequence", str(row["sequence"]).encode()),
        ("ce_actor", row["actor"].encode()),
        ("ce_organisation", row["organisation"].encode()),
        ("ce_purpose", row["purpose"].encode()),
        ("ce_policy", row["policy"].encode()),
    ]
    if row["causationid"] is not None:
        made.append(("ce_causationid", row["causationid"].encode()))
    if row["traceparent"] is not None:
        made.append(("ce_traceparent", row["traceparent"].encode()))
    made.append(("content-type", CONTENT_TYPE.encode()))
    return made


@functools.lru_cache(1_000)
def _instant(time: datetime) -> bytes:
    """The events of one transaction share theirs."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()


class Publisher:
    """Sends rows in order: whole batches of our own making, one after another within a partition.

    Where one reads for all services of the process, it is handed each batch once that is acknowledged.
    """

    def __init__(self, producer: AIOKafkaProducer, source: str, shared: SharedReading | None = None) -> None:
        self._producer, self._shared = producer, shared
        self._partitions = Partitions(producer)
        self._source = source.encode()

    async def publish(self, rows: Sequence[Any], batches: Batches | None = None) -> None:
        """Publish the rows, from these batches if they were made before. Returns when every row is acknowledged by all replicas. Raises
        TopicUnavailable or a KafkaError.
        """
        if batches is None:
            await self._partitions.learn({row["topic"] for row in rows})
            batches = await self._made(rows)
        async with asyncio.TaskGroup() as sending:
            for (topic, partition), some in batches.items():
                sending.create_task(self._send(topic, partition, some))

    async def made_ahead(self, rows: Sequence[Any]) -> Batches | None:
        """The batches of rows whose turn is still to come; None where the broker has to be asked for a topic first."""
        return await self._made(rows) if self._partitions.know({row["topic"] for row in rows}) else None

    async def _made(self, rows: Sequence[Any]) -> Batches:
        """Slice by slice: between two, everything else of this process goes on."""
        batches: dict[tuple[str, int], list[tuple[Any, Records]]] = {}
        for number, row in enumerate(rows, 1):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            topic, stream = row["topic"], row["stream"]
            made = batches.setdefault((topic, self._partitions.of(topic, stream)), [])
            record = {
                "timestamp": int(row["time"].timestamp() * 1000),
                "key": stream.encode(),
                "value": row["payload"],
                "headers": headers(row, self._source),
            }
            if not made or made[-1][0].append(**record) is None:
                made.append((self._producer.create_batch(), []))
                made[-1][0].append(**record)
            if self._shared is not None:
                made[-1][1].append(record)
        return batches

    async def _send(self, topic: str, partition: int, batches: Sequence[tuple[Any, Records]]) -> None:
        """The next batch of a partition is sent only when the one before it is safe."""
        for batch, records in batches:
            batch.close()
            done = await (await self._producer.send_batch(batch, topic, partition=partition))
            if self._shared is not None:
                self._shared.hand_over(topic, partition, done.offset, records)
