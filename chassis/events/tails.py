"""The last records of each partition, fetched once for all the services that run in one process."""

import asyncio
import contextlib
import logging
import time
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from chassis.endings import cut_off, within
from chassis.faults import named, place

KEPT = 500
KEPT_BYTES = 2_000_000
"""The most that is kept of one partition for readers that are slower than others, in records and in bytes; who needs more asks the broker."""
STOP_SECONDS = 5.0
LOOK_MS = 5_000
"""The milliseconds between two looks at how many partitions there are, where nothing comes."""
QUIET_SECONDS = 1.0
"""The seconds after the last that was handed over of a partition, until which it is not fetched: from then on somebody else may publish to it."""

_offset = attrgetter("offset")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class HandedOver:
    """A record that this process has published, as a fetch would bring it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class Tail:
    """The records of a partition from `first` to before `end`, without a gap."""

    first: int
    end: int
    records: list[Any] = field(default_factory=list)
    size: int = 0

    @classmethod
    def beginning(cls, at: int) -> "Tail":
        return cls(at, at)

    def add(self, records: Iterable[Any]) -> None:
        """Take what follows; what is there already, fetched and handed over, is passed over."""
        for record in records:
            if record.offset >= self.end:
                self.records.append(record)
                self.size += len(record.value or b"")
                self.end = record.offset + 1

    def since(self, at: int, limit: int) -> list[Any]:
        """At most so many records from this offset on, which is not before `first`."""
        start = bisect_left(self.records, at, key=_offset)
        return self.records[start : start + limit]

    def forget(self, before: int) -> None:
        """Forget what everybody has read, and the oldest where too much is left."""
        known = bisect_left(self.records, before, key=_offset)
        over, size = max(known, len(self.records) - KEPT), self.size
        for index, record in enumerate(self.records):
            if index >= over and size <= KEPT_BYTES:
                break
            size -= len(record.value or b"")
            over = max(over, index + 1)
        if over:
            self.first = self.records[over - 1].offset + 1
            self.size = size
            del self.records[:over]


class Reader(Protocol):
    """Somebody who reads from tails: `at` is where, by partition."""

    at: dict[TopicPartition, int]

    def look(self) -> None:
        """Something came for a partition that is read here, or there are other partitions, or nothing comes any more."""


class Tails:
    """One client that reads every partition of some topics from their end on, from the first reader's coming to the last one's going.

    It joins no group: there is one process. Two that read the same lose nothing, since offsets are moved by compare-and-set.
    """

    def __init__(self, client: AIOKafkaConsumer, topics: Collection[str]) -> None:
        self._client, self._topics = client, topics
        self.tails: dict[TopicPartition, Tail] = {}
        self.readers: set[Reader] = set()
        self.fault: BaseException | None = None
        self._left: dict[TopicPartition, float] = {}
        """The partitions that are not fetched, and until when, since their records are handed over."""
        self._timer: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._run(), name="tails")

    def check(self) -> None:
        """Raises what ended the client, if it is ended."""
        if self.fault is not None:
            raise ConnectionError("the client that reads for all services ended") from self.fault

    def partitions(self, topics: Collection[str]) -> set[TopicPartition]:
        return {tp for tp in self.tails if tp.topic in topics}

    def highwater(self, tp: TopicPartition) -> int | None:
        end: int | None = self._client.highwater(tp)
        tail = self.tails.get(tp)
        return end if tail is None else max(end or 0, tail.end)

    def take(self, tp: TopicPartition, records: Sequence[HandedOver]) -> None:
        """Take records that this process has published, where they follow; where others have published between them, they are fetched."""
        tail = self.tails[tp]
        if records[0].offset != tail.end:
            self._fetch_again(tp)
            return
        self._keep(tp, records)
        if tp not in self._left and tp in self._client.assignment():
            self._client.pause(tp)
        self._left[tp] = time.monotonic() + QUIET_SECONDS
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._look_at_left)

    def _look_at_left(self) -> None:
        """Fetch again what was left to be handed over and is quiet."""
        now, self._timer = time.monotonic(), None
        for tp in [tp for tp, until in self._left.items() if until <= now]:
            self._fetch_again(tp)
        if self._left and self.fault is None:
            until = min(self._left.values())
            self._timer = asyncio.get_running_loop().call_later(until - now, self._look_at_left)

    def _fetch_again(self, tp: TopicPartition) -> None:
        if self._left.pop(tp, None) is not None and self.fault is None and tp in self._client.assignment():
            self._client.seek(tp, self.tails[tp].end)
            self._client.resume(tp)

    async def leave(self, reader: Reader) -> None:
        self.readers.discard(reader)
        if not self.readers:
            self.fault = self.fault or ConnectionError("nobody reads any more")
            await cut_off([self._task])

    async def _run(self) -> None:
        try:
            await self._client.start()
            self._client.subscribe(self._topics)
            while True:
                await self._fetch()
        except Exception as error:  # noqa: BLE001 - whoever reads from here is told, and begins again
            log.warning("reading for all services: %s, raised at %s", named(error), place(error))
            self.fault = error
        finally:
            self.fault = self.fault or ConnectionError("cut off")
            for reader in self.readers:
                reader.look()
            with contextlib.suppress(KafkaError):
                await within(STOP_SECONDS, self._client.stop())

    async def _fetch(self) -> None:
        try:
            fetched = await self._client.getmany(timeout_ms=LOOK_MS)
        except NoOffsetForPartitionError:
            fetched = {}
        except OffsetOutOfRangeError as error:
            await self._begin(error.args[0])
            return
        for tp, records in fetched.items():
            self._keep(tp, records)
        if self._client.assignment() != self.tails.keys():
            await self._settle()

    def _keep(self, tp: TopicPartition, records: Iterable[Any]) -> None:
        tail, reading = self.tails[tp], [reader for reader in self.readers if tp in reader.at]
        tail.add(records)
        tail.forget(min((reader.at[tp] for reader in reading), default=tail.end))
        for reader in reading:
            reader.look()

    async def _settle(self) -> None:
        """Read the partitions that there are now: a new one from its end, the others from where their tails end."""
        self._left.clear()
        partitions = self._client.assignment()
        await self._begin(partitions - self.tails.keys())
        self.tails = {tp: self.tails[tp] for tp in partitions}
        for tp, tail in self.tails.items():
            self._client.seek(tp, tail.end)
        for reader in self.readers:
            reader.look()

    async def _begin(self, partitions: Iterable[TopicPartition]) -> None:
        ends = await self._client.end_offsets(list(partitions))
        for tp, end in ends.items():
            self.tails[tp] = Tail.beginning(end)
            self._client.seek(tp, end)
