"""The consumer: reads a service's topics from where its database says, a batch at a time, into its subscriptions."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from chassis import collecting
from chassis.database import Database
from chassis.endings import cut_off, within
from chassis.events import offsets
from chassis.events.admission import IncomingRecord, Message
from chassis.events.inbox import BatchTracer, Inbox
from chassis.events.kafka import KafkaLink, require_topics
from chassis.events.limits import Limits, TooManyParked, standing, told
from chassis.events.offsets import OffsetsMoved, Partition
from chassis.events.parked import discard, list_parked
from chassis.events.replay import replay_stream
from chassis.events.subscription import Subscription
from chassis.settings import Settings
from chassis.supervised import SupervisedLoop
from chassis.wakes import Wake
from contracts.catalogue import topics_read_by

__all__ = ["Consumer", "Inbox", "Message", "Subscription", "discard", "list_parked", "replay_stream"]

SLICE = 20
START_SECONDS = 30.0
STOP_SECONDS = 5.0
SHOWN_EVERY_SECONDS = 5.0
COMPARED_EVERY_SECONDS = 30.0
"""The seconds between two looks at the stored offsets, where nobody has said that an operator moved one."""
COMPANY_SECONDS = 2.0
"""The seconds that records of which none is wanted here wait for one that is."""
SMALL = 50
"""A batch of fewer records is small: under load others are waited for before the next."""
QUICK_SECONDS = 0.008
"""The seconds within which a small batch is handled where nothing else runs: after one of these nothing is waited for."""
LONGER, LONGEST_REST_SECONDS = 4.0, 0.2
"""After the end of a small batch that took longer, records wait for others until so many times as long is over, but not longer than this."""
HOLD_SECONDS = 30.0
"""The seconds that a stopped consumer waits before it tries the same batch again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as read, and the offsets at which the database must be for them to be the next ones."""

    incoming: list[IncomingRecord]
    positions: dict[Partition, int]
    since: dict[str, int] = field(default_factory=dict)
    """By topic, when its oldest record was made, in milliseconds since 1970."""
    read_at: float = field(default_factory=time.monotonic)

    def followed_by(self, other: "Batch") -> "Batch":
        """Both as one. Raises OffsetsMoved where a partition of the other one does not begin where this one ends."""
        if not self.incoming:
            return other
        ends = {(i.record.topic, i.record.partition): i.record.offset + 1 for i in self.incoming}
        if any(ends.get(partition, at) != at for partition, at in other.positions.items()):
            raise OffsetsMoved
        positions, since = {**other.positions, **self.positions}, {**other.since, **self.since}
        return Batch([*self.incoming, *other.incoming], positions, since, self.read_at)

    @property
    def protects(self) -> bool:
        """True where something in it may not wait for anything."""
        return any(one.protective for one in self.incoming)

    def may_wait(self) -> bool:
        """True for a while where none of the records is wanted: alone they are not worth a transaction."""
        over = time.monotonic() > self.read_at + COMPANY_SECONDS
        return not over and not any(one.wanted for one in self.incoming)


class PartitionReader(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the partitions that the group assigns, from the offsets of the database and no others."""

    def __init__(self, consumer: AIOKafkaConsumer, database: Database, inbox: Inbox, limit: int) -> None:
        self._consumer, self._database, self._inbox, self._limit = consumer, database, inbox, limit
        self._assigned: set[TopicPartition] = set()
        self._at: dict[TopicPartition, int] = {}
        self._gone: dict[TopicPartition, int] = {}
        self._look_again = 0.0

    def gone(self) -> str | None:
        """The offsets that the database wants and the broker no longer has; never passed over in silence."""
        named = [f"{tp.topic}/{tp.partition} at {offset}" for tp, offset in sorted(self._gone.items())]
        return f"offsets that no longer exist: {', '.join(named)}" if named else None

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing to save: an owner that lingers is stopped by the compare-and-set of its offsets."""

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Nothing is fetched before the database was asked: what is asked of the broker would wait behind that fetch."""
        self._assigned = set(assigned)
        self._consumer.pause(*assigned)
        self.lost()

    def lost(self) -> None:
        """Forget the position; the next read asks the database."""
        self._at.clear()
        self._gone.clear()

    def ends(self) -> dict[Partition, int]:
        """The end of each partition that is assigned here, as the broker gave it with the last fetch."""
        known = {tp: self._consumer.highwater(tp) for tp in self._consumer.assignment()}
        return {(tp.topic, tp.partition): end for tp, end in known.items() if end is not None}

    async def compare(self) -> None:
        """With nothing in hand the position is the database's, unless an operator moved an offset there: then read
        from that one.
        """
        stored = await offsets.stored(self._database, sorted({tp.topic for tp in self._at}))
        if any(stored.get((tp.topic, tp.partition), at) != at for tp, at in self._at.items()):
            self.lost()

    async def next(self, milliseconds: int | None = None) -> Batch:
        """The next records, waited for so long, maybe none. Records fetched before the seek to the database's offset are passed over."""
        await self._settle()
        waited = self._consumer.poll_ms if milliseconds is None else milliseconds
        try:
            fetched = await self._consumer.getmany(timeout_ms=waited, max_records=self._limit)
        except NoOffsetForPartitionError:
            return Batch([], {})
        except OffsetOutOfRangeError as error:
            self._out_of_range(error.args[0])
            return Batch([], {})
        records: list[Any] = []
        positions: dict[Partition, int] = {}
        since: dict[str, int] = {}
        for tp, some in fetched.items():
            if tp in self._at:
                since[tp.topic] = min(some[0].timestamp, since.get(tp.topic, some[0].timestamp))
                positions[tp.topic, tp.partition] = self._at[tp]
                self._at[tp] = some[-1].offset + 1
                records.extend(some)
        return Batch(await self._read(records), positions, since)

    async def _read(self, records: Sequence[Any]) -> list[IncomingRecord]:
        """Slice by slice: between two, the batch before this one goes on as soon as the database has answered it."""
        incoming: list[IncomingRecord] = []
        for start in range(0, len(records), SLICE):
            if start:
                await asyncio.sleep(0)
            incoming += self._inbox.read(records[start : start + SLICE])
        return incoming

    async def _settle(self) -> None:
        """Seek newly assigned partitions; every few seconds look whether an operator has moved one that is gone."""
        looking = bool(self._gone) and time.monotonic() > self._look_again
        new = [tp for tp in self._assigned if tp not in self._at and (looking or tp not in self._gone)]
        if not new:
            return
        self._look_again = time.monotonic() + SHOWN_EVERY_SECONDS
        wanted = await self._wanted(new)
        first, end = await self._consumer.beginning_offsets(new), await self._consumer.end_offsets(new)
        for tp in self._assigned.intersection(new):
            self._seek(tp, wanted[tp], first[tp], end[tp])

    def _seek(self, tp: TopicPartition, wanted: int, first: int, end: int) -> None:
        if first <= wanted <= end:
            self._consumer.seek(tp, wanted)
            self._consumer.resume(tp)
            self._at[tp] = wanted
            self._gone.pop(tp, None)
        else:
            self._out_of_range({tp: wanted})

    async def _wanted(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The database's offsets. A topic that was never read begins, in all its partitions, where it begins now.

        A partition that comes to a topic later begins at 0: if that is gone, events are, and readiness says so.
        """
        topics = sorted({tp.topic for tp in partitions})
        read_before = {topic for topic, _ in await offsets.stored(self._database, topics)}
        unread = [
            TopicPartition(topic, number)
            for topic in topics
            if topic not in read_before
            for number in self._consumer.partitions_for_topic(topic) or ()
        ]
        first = await self._consumer.beginning_offsets(unread) if unread else {}
        begin = {(tp.topic, tp.partition): 0 for tp in partitions} | {
            (tp.topic, tp.partition): offset for tp, offset in first.items()
        }
        await offsets.begin(self._database, begin)
        stored = await offsets.stored(self._database, topics)
        return {tp: stored[tp.topic, tp.partition] for tp in partitions}

    def _out_of_range(self, wanted: dict[TopicPartition, int]) -> None:
        for tp, offset in wanted.items():
            if tp in self._assigned and self._gone.get(tp) != offset:
                log.error("offset %d of %s/%d no longer exists", offset, tp.topic, tp.partition)
                self._at.pop(tp, None)
                self._gone[tp] = offset
                self._consumer.pause(tp)


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
    ) -> None:
        super().__init__()
        self._settings, self._database, self._link = settings, database, link
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
            reading = asyncio.create_task(reader.next())
            try:
                if batch.incoming and not (batch.may_wait() and len(batch.incoming) < self._settings.batch):
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
        ended = time.monotonic()
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


def rest_after(records: int, seconds: float) -> float:
    """For how long after the end of a batch of so many, that took so long, others are waited for: the busier the machine, the longer."""
    late = max(0.0, seconds - QUICK_SECONDS) if records < SMALL else 0.0
    return min(LONGEST_REST_SECONDS, LONGER * late)
