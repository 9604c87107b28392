"""A service's connection to Kafka: its producer and consumer, the partition of a key, and topics that are missing."""

import asyncio
import contextlib
import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from pydantic import SecretStr

from chassis.endings import within
from chassis.faults import TopicUnavailable
from chassis.settings import Settings
from contracts.catalogue import topics_read_by

MAX_BATCH_BYTES = 1_000_000
"""Below the broker's default of 1,048,588 bytes a record batch."""

METADATA_SECONDS = 10.0
RANGE_SECONDS = 5.0
FETCH_MS = 2_000
"""The milliseconds that a fetch waits at the broker, which answers at once when a record comes. What else is asked on that connection waits behind
it.
"""
METADATA_MS = 30_000
"""The milliseconds after which a consumer knows of partitions and topics that came while it was reading."""
KEYS_CACHED = 100_000


@dataclass(frozen=True, slots=True)
class Broker:
    """The address of a Kafka cluster. With a user the connection is SCRAM over TLS; without one, a development broker
    in clear.
    """

    bootstrap: str
    user: str | None
    password: SecretStr | None
    ca_file: Path | None

    def connection(self, client_id: str) -> dict[str, Any]:
        common = {"bootstrap_servers": self.bootstrap, "client_id": client_id}
        if self.user is None or self.password is None:
            return {**common, "security_protocol": "PLAINTEXT"}
        return {
            **common,
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password.get_secret_value(),
            "ssl_context": ssl.create_default_context(cafile=self.ca_file),
        }


class WholeFetches(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer whose every fetch asks for all of its partitions.

    The client's own asks for those that are empty while records of another one have lain for a tenth of a second; that fetch waits at
    the broker, and what follows on the other one is asked for after it.
    """

    poll_ms = 500
    """The milliseconds after which a wait ends although nothing came: then partitions that were newly assigned are noticed."""

    async def start(self) -> None:
        await super().start()
        self._fetcher._prefetch_backoff = float("inf")  # noqa: SLF001  # no argument of the client's sets it


class SharedReading(Protocol):
    """The one that reads for all services of a process."""

    def reads(self, topics: Collection[str]) -> bool: ...

    def consumer(self, link: "KafkaLink") -> Any: ...

    def hand_over(
        self, topic: str, partition: int, first: int, records: Sequence[Mapping[str, Any]]
    ) -> None: ...


class KafkaLink:
    """The producer and the consumer of one service, made from its settings."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        self.service = service
        self.group = settings.topic(service)
        self.topics = tuple(settings.topic(topic) for topic in topics_read_by(service))
        self.shared: SharedReading | None = None
        """The one that reads for all services of this process, where there are several."""

    def producer(self) -> AIOKafkaProducer:
        """Waits for all replicas and never doubles or reorders a retried batch within a partition."""
        return AIOKafkaProducer(
            **self._connection(),
            acks="all",
            enable_idempotence=True,
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=10_000,
            linger_ms=0,
        )

    def consumer(self, topics: Collection[str]) -> Any:
        """The consumer of these topics: a client of its own in the service's group, or its part of what is read for all services of the process."""
        shared = self.shared
        return (
            self.client(self.group) if shared is None or not shared.reads(topics) else shared.consumer(self)
        )

    def client(self, group: str | None = None) -> AIOKafkaConsumer:
        """Never commits by itself and never resets an offset: offsets live in the service's database."""
        return WholeFetches(
            **self._connection(),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=FETCH_MS,
            consumer_timeout_ms=FETCH_MS,
            metadata_max_age_ms=METADATA_MS,
            max_poll_records=self._settings.batch,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=2_000,
        )

    def _connection(self) -> dict[str, Any]:
        settings = self._settings
        broker = Broker(
            settings.kafka_bootstrap, settings.kafka_user, settings.kafka_password, settings.kafka_ca_file
        )
        return broker.connection(f"corridor-{self.service}")


class Partitions:
    """The partition of each key, as every Kafka client decides it. Hashes are cached: murmur2 is pure Python."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._counts: dict[str, int] = {}
        self._hashes: dict[str, int] = {}

    async def learn(self, topics: Iterable[str]) -> None:
        """Ask for topics not seen before. Raises TopicUnavailable, which names the topic, after a bounded wait."""
        for topic in topics:
            if topic not in self._counts:
                self._counts[topic] = await self._count(topic)

    def know(self, topics: Collection[str]) -> bool:
        """True where none of these topics has to be asked for."""
        return all(topic in self._counts for topic in topics)

    def of(self, topic: str, key: str) -> int:
        hashed = self._hashes.get(key)
        if hashed is None:
            if len(self._hashes) >= KEYS_CACHED:
                self._hashes.clear()
            hashed = self._hashes[key] = murmur2(key.encode()) & 0x7FFFFFFF
        return hashed % self._counts[topic]

    async def _count(self, topic: str) -> int:
        try:
            partitions = await asyncio.wait_for(self._producer.partitions_for(topic), METADATA_SECONDS)
        except (KafkaError, TimeoutError) as error:
            raise TopicUnavailable(f"topic {topic} does not exist or may not be written") from error
        if not partitions:
            raise TopicUnavailable(f"topic {topic} does not exist or may not be written")
        return len(partitions)


@dataclass(frozen=True, slots=True)
class Range:
    """The offsets that the broker has of a partition: from `first` to before `end`."""

    first: int
    end: int


async def ranges(link: KafkaLink, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Range]:
    """The ranges that the broker has; none of a topic that it does not have, and none at all where the broker is away."""
    consumer = link.client()
    try:
        async with asyncio.timeout(RANGE_SECONDS):
            await consumer.start()
            seen = await consumer.topics()
            asked = [TopicPartition(*one) for one in partitions if one[0] in seen]
            first, end = await consumer.beginning_offsets(asked), await consumer.end_offsets(asked)
    except (KafkaError, TimeoutError, OSError):
        return {}
    finally:
        with contextlib.suppress(KafkaError):
            await within(RANGE_SECONDS, consumer.stop())
    return {(tp.topic, tp.partition): Range(first[tp], end[tp]) for tp in asked}


async def require_topics(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> None:
    """Require that this consumer sees the topics. Raises TopicUnavailable naming the others."""
    seen = await asyncio.wait_for(consumer.topics(), METADATA_SECONDS)
    missing = [topic for topic in topics if topic not in seen]
    if missing:
        raise TopicUnavailable(f"topics {', '.join(missing)} do not exist or may not be read")
