"""The consumer: reads a service's topics from where its database says, a batch at a time, into its subscriptions."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from math import ceil
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis import collecting
from chassis.database import Database
from chassis.endings import cut_off, within
from chassis.events.admission import Message
from chassis.events.batch import Batch, rest_after
from chassis.events.inbox import BatchTracer, Inbox
from chassis.events.kafka import KafkaLink, require_topics
from chassis.events.limits import Limits, TooManyParked, standing, told
from chassis.events.offsets import OffsetsMoved, Partition
from chassis.events.parked import discard, list_parked
from chassis.events.partition_reader import PartitionReader
from chassis.events.replay import replay_stream
from chassis.events.subscription import Subscription
from chassis.settings import Settings
from chassis.supervised import SupervisedLoop
from chassis.wakes import Wake
from contracts.catalogue import topics_read_by
from contracts.envelope import Event

__all__ = ["Consumer", "Inbox", "Message", "Subscription", "discard", "list_parked", "replay_stream"]

START_SECONDS = 30.0
STOP_SECONDS = 5.0
SHOWN_EVERY_SECONDS = 5.0
COMPARED_EVERY_SECONDS = 30.0
"""The seconds between two looks at the stored offsets, where nobody has said that an operator moved one."""
COMPANY_SECONDS = 2.0
"""The seconds that records of which none is wanted here wait for one that is."""
CALM_SECONDS = 0.25
"""The seconds after a batch for which records wait for others where nobody waits for what any of them does."""
HOLD_SECONDS = 30.0
"""The seconds that a stopped consumer waits before it tries the same batch again."""

log = logging.getLogger(__name__)


class Consumer(SupervisedLoop):
    """Batches into the database, one transaction each; the next is read and decoded while one is being saved."""

    name = "consumer"
    hold_seconds = HOLD_SECONDS

    def __init__(
        self,
        settings: Settings,
        database: Database,
        link: KafkaLink,
        subscriptions: Sequence[Subscription[Any, Any]],
        tracing: BatchTracer | None = None,
        *,
        topics: Sequence[str] | None = None,
        awaited: Collection[type[Event]] | None = None,
    ) -> None:
        """`awaited`: the events for whose effect here somebody waits; None: all."""
        super().__init__()
        self._settings, self._database, self._link = settings, database, link
        self._awaited, self._taken_at = awaited, 0.0
        self._limits = Limits.of(settings)
        self._inbox = Inbox(database, subscriptions, tracing, self._limits)
        named = topics_read_by(link.service) if topics is None else topics
        self._topics = [settings.topic(topic) for topic in named]
        self._reader: PartitionReader | None = None
        self._reading: asyncio.Task[Batch] | None = None
        self._shown_at = self._looked_at = 0.0
        self._stop: str | None = None
        self._ends: dict[Partition, int] = {}
        self._since: Mapping[str, int] = {}
        self._rested_at = 0.0

    @property
    def stopped(self) -> bool:
        """True while nothing but protective events is handled, because too much would be parked."""
        return self._stop is not None

    def ends(self) -> Mapping[Partition, int]:
        """The end of each partition that this consumer reads, as it last heard it from the broker."""
        if self._reader is not None:
            self._ends |= self._reader.ends()
        return self._ends

    def oldest(self) -> Mapping[str, int]:
        """By topic, when the oldest record in hand was made, in milliseconds since 1970."""
        return self._since

    def healthy(self) -> str | None:
        gone = self._reader.gone() if self._reader is not None else None
        return "; ".join(filter(None, (self._stop, self.trouble, gone))) or None

    async def start(self) -> None:
        collecting.keep_once()
        await super().start()

    async def session(self) -> None:
        consumer = self._link.consumer(self._topics)
        try:
            await asyncio.wait_for(consumer.start(), START_SECONDS)
            await require_topics(consumer, self._topics)
            await self._look()
            reader = self._reader = PartitionReader(
                consumer, self._database, self._inbox, self._settings.batch
            )
            consumer.subscribe(self._topics, listener=reader)
            await self._consume(consumer, reader)
        finally:
            self._reader = None
            with contextlib.suppress(KafkaError):
                await within(STOP_SECONDS, consumer.stop())

    def rouse(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    async def _consume(self, consumer: AIOKafkaConsumer, reader: PartitionReader) -> None:
        batch = Batch([], {})
        while not self.stopping:
            waits = self._waits(batch)
            reading = asyncio.create_task(reader.next(ceil(waits * 1000) or None))
            try:
                if batch.incoming and not waits:
                    await self._take(batch, consumer)
                    batch = Batch([], {})
                batch = batch.followed_by(await self._read(reading))
                batch = batch.followed_by(await self._company(reader, batch))
                self.fine()
                await self._look_round(reader, batch)
            except OffsetsMoved:
                await cut_off([reading])
                reader.lost()
                self._since = {}
                batch = Batch([], {})
            except TooManyParked:
                await self._hold(reader, batch, reading)
                reader.lost()
                batch = Batch([], {})
            finally:
                await cut_off([reading])

    def _waits(self, batch: Batch) -> float:
        """The seconds that a batch may still wait for others before it is taken."""
        if batch.protects or len(batch.incoming) >= self._settings.batch:
            return 0.0
        if not batch.wanted:
            over = batch.read_at + COMPANY_SECONDS
        elif self._awaited is not None and not batch.is_awaited(self._awaited):
            over = self._taken_at + CALM_SECONDS
        else:
            return 0.0
        return max(0.0, over - time.monotonic())

    async def _read(self, reading: asyncio.Task[Batch]) -> Batch:
        """The batch that is being read; an empty one where the loop is to stop meanwhile."""
        if not reading.done() and not self.stopping:
            self._reading = reading
            await asyncio.wait({reading})
            self._reading = None
        if self.stopping and (reading.cancelled() or not reading.done()):
            return Batch([], {})
        return reading.result()

    async def _company(self, reader: PartitionReader, batch: Batch) -> Batch:
        """The records that come while this batch waits for them, which it does under load unless something in it protects."""
        seconds = self._rested_at - time.monotonic()
        if seconds <= 0 or not batch.incoming or batch.protects:
            return Batch([], {})
        await self.rest(seconds)
        return await reader.next(0)

    async def _hold(self, reader: PartitionReader, batch: Batch, reading: asyncio.Task[Batch]) -> None:
        """While stopped: protective events run ahead, nothing else does, and after a while the same batch is tried
        again.
        """
        await self._look()
        log.error("the consumer is %s", self._stop)
        until = time.monotonic() + self.hold_seconds
        await self._inbox.run_protective(batch.incoming)
        try:
            while not self.stopping and time.monotonic() < until:
                await self._inbox.run_protective((await self._read(reading)).incoming)
                reading = asyncio.create_task(reader.next())
        finally:
            await cut_off([reading])

    async def _look_round(self, reader: PartitionReader, following: Batch) -> None:
        """With nothing in hand, look whether an operator moved an offset; while stopped, look whether the stop is over."""
        if self._stop is not None:
            await self._look()
        moved = self._database.wakes.sign(Wake.OFFSETS)
        looked_at = self._looked_at + COMPARED_EVERY_SECONDS
        if not following.incoming and (moved.is_set() or time.monotonic() > looked_at):
            moved.clear()
            self._looked_at = time.monotonic()
            await reader.compare()

    async def _look(self) -> None:
        """Look whether a stop stands: it outlives a restart, until its event was handled or an operator ended it."""
        async with self._database.transaction(self._database.system()) as tx:
            row = await standing(tx, self._limits)
        self._stop = None if row is None else told(row)

    async def _take(self, batch: Batch, consumer: AIOKafkaConsumer) -> None:
        positions = dict(batch.positions)
        self._since = batch.since  # it stays what it is while the batch fails
        began = time.monotonic()
        await self._inbox.take(batch.incoming, positions, self._say_trouble)
        ended = self._taken_at = time.monotonic()
        self._rested_at = ended + rest_after(len(batch.incoming), ended - began)
        self._since = {}
        await self._show(consumer, positions)

    def _say_trouble(self, trouble: str) -> None:
        self.trouble = trouble

    async def _show(self, consumer: AIOKafkaConsumer, positions: MutableMapping[Partition, int]) -> None:
        """Commit to Kafka now and then, for dashboards; nothing reads it back."""
        if time.monotonic() < self._shown_at + SHOWN_EVERY_SECONDS:
            return
        self._shown_at = time.monotonic()
        owned = consumer.assignment()
        shown = {tp: offset for key, offset in positions.items() if (tp := TopicPartition(*key)) in owned}
        with contextlib.suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(consumer.commit(shown), 1.0)
