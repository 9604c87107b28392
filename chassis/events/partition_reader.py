"""The reader of partitions: the next records of a service's topics, from where its database says."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from chassis.database import Database
from chassis.events import offsets
from chassis.events.admission import IncomingRecord
from chassis.events.batch import Batch
from chassis.events.inbox import Inbox
from chassis.events.offsets import Partition

SLICE = 20
GONE_SECONDS = 5.0
"""The seconds between two looks whether an operator has moved an offset that no longer exists."""

log = logging.getLogger(__name__)


class PartitionReader(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the partitions that the group assigns, from the offsets of the database and no others."""

    def __init__(self, consumer: Any, database: Database, inbox: Inbox, limit: int) -> None:
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
        self._look_again = time.monotonic() + GONE_SECONDS
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
