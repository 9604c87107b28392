"""One client of Kafka for all the services of a process: who reads where the others read takes the records from memory,
and what the process has published itself is not fetched.

A service whose offsets are behind what is kept there reads with a client of its own until it is not.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError

from chassis.endings import within
from chassis.events.kafka import KafkaLink
from chassis.events.tails import STOP_SECONDS, HandedOver, Reader, Tails

CATCH_UP_MS = 50
"""The milliseconds that a reader waits for records that it is behind with, before it looks at the others again."""


class SharedClient:
    """The client that reads for all services of this process, with the rights of the one that may read most.

    Begun when the first of them comes, ended when the last one goes; after a fault begun again by whoever comes next.
    """

    def __init__(self, link: KafkaLink) -> None:
        self._link = link
        self._tails: Tails | None = None

    def reads(self, topics: Collection[str]) -> bool:
        return set(topics) <= set(self._link.topics)

    def consumer(self, link: KafkaLink) -> "SharedConsumer":
        return SharedConsumer(link, self)

    def hand_over(self, topic: str, partition: int, first: int, records: Sequence[Mapping[str, Any]]) -> None:
        """Take what a relay of this process has published there from this offset on, after the broker has acknowledged it."""
        tp = TopicPartition(topic, partition)
        if self._tails is not None and self._tails.fault is None and tp in self._tails.tails:
            numbered = enumerate(records, first)
            self._tails.take(tp, [HandedOver(topic, partition, at, **record) for at, record in numbered])

    def join(self, reader: Reader) -> Tails:
        if self._tails is None or self._tails.fault is not None:
            self._tails = Tails(self._link.client(), self._link.topics)
        self._tails.readers.add(reader)
        return self._tails


def share(links: Sequence[KafkaLink]) -> None:
    """From now on the services of these links, which run in one process, read with one client."""
    if not links:  # the front of a cell whose services have processes of their own
        return
    most = max(links, key=lambda link: len(link.topics))
    shared = SharedClient(most)
    for link in links:
        if shared.reads(link.topics):
            link.shared = shared


class SharedConsumer:
    """A consumer as far as a reader of partitions asks for one, answered from the tails of the process.

    Its `start`, `topics` and offsets ask the broker with the service's own rights.
    """

    poll_ms = 5_000
    """The milliseconds after which a wait ends although nothing came, and after which an offset that an operator moved is noticed. Other partitions end it at once."""

    def __init__(self, link: KafkaLink, shared: SharedClient) -> None:
        self._link, self._shared = link, shared
        self._tails: Tails | None = None
        self._topics: tuple[str, ...] = ()
        self._listener: ConsumerRebalanceListener | None = None
        self._assigned: set[TopicPartition] = set()
        self._own: AIOKafkaConsumer | None = None
        self._own_at: dict[TopicPartition, int] = {}
        self._something = asyncio.Event()
        self.at: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        await self._asked()

    async def stop(self) -> None:
        if self._tails is not None:
            await self._tails.leave(self)
        await self._leave_own()

    async def topics(self) -> set[str]:
        seen: set[str] = await (await self._asked()).topics()
        return seen

    async def beginning_offsets(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        own = await self._asked(partitions)
        first: Mapping[TopicPartition, int] = await own.beginning_offsets(partitions)
        return first

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        end: Mapping[TopicPartition, int] = await (await self._asked(partitions)).end_offsets(partitions)
        return end

    def subscribe(self, topics: Sequence[str], listener: ConsumerRebalanceListener) -> None:
        self._topics, self._listener = tuple(topics), listener
        self._tails = self._shared.join(self)

    def assignment(self) -> set[TopicPartition]:
        return self._assigned

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {tp.partition for tp in self._joined.partitions([topic])}

    def highwater(self, tp: TopicPartition) -> int | None:
        return self._joined.highwater(tp)

    def pause(self, *partitions: TopicPartition) -> None:
        """Nothing is read of them until the next `seek`."""
        for tp in partitions:
            self.at.pop(tp, None)

    def resume(self, *partitions: TopicPartition) -> None:
        """Nothing is to be done: `seek` lets read them."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.at[tp] = offset

    async def commit(self, _: Mapping[TopicPartition, int]) -> None:
        """Nothing is shown at the broker: there is no group."""

    def look(self) -> None:
        self._something.set()

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        """The next records of each partition, at most so many; none after this time, or where there are other partitions."""
        until = time.monotonic() + timeout_ms / 1000
        while True:
            self._something.clear()
            self._joined.check()
            if self._assign():
                return {}
            behind = self._behind()
            taken = await self._caught_up(behind, timeout_ms, max_records)
            self._take(taken, max_records)
            left = until - time.monotonic()
            if taken or left <= 0:
                return taken
            if not behind:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._something.wait(), left)

    @property
    def _joined(self) -> Tails:
        if self._tails is None:
            raise RuntimeError("a consumer is asked before it has subscribed")
        return self._tails

    def _assign(self) -> bool:
        """True where the partitions of these topics are others than before; the listener has heard which."""
        now = self._joined.partitions(self._topics)
        if now == self._assigned or self._listener is None:
            return False
        self._assigned, self.at = now, {}
        self._listener.on_partitions_assigned(now)
        return True

    def _take(self, taken: dict[TopicPartition, list[Any]], limit: int) -> None:
        """Take what the tails have beside it. Who is served goes to the end, so that everybody's turn comes."""
        room = limit - sum(len(records) for records in taken.values())
        for tp, at in list(self.at.items()):
            tail = self._joined.tails.get(tp)
            if room > 0 and tail is not None and tail.first <= at < tail.end:
                records = tail.since(at, room)
                taken[tp] = taken.get(tp, []) + records
                room -= len(records)
                del self.at[tp]
                self.at[tp] = records[-1].offset + 1

    def _behind(self) -> dict[TopicPartition, int]:
        """The partitions of which the tails do not have what comes next, and its offsets. One after the end may no longer exist: the broker says so."""
        tails = self._joined.tails
        return {
            tp: at for tp, at in self.at.items() if tp in tails and not tails[tp].first <= at <= tails[tp].end
        }

    async def _caught_up(
        self, behind: Mapping[TopicPartition, int], timeout_ms: int, limit: int
    ) -> dict[TopicPartition, list[Any]]:
        """The next records of these, by a client of this reader's own; that ends where there are none."""
        if not behind:
            await self._leave_own()
            return {}
        own = await self._asked()
        if self._own_at.keys() != behind.keys():
            own.assign(list(behind))
            self._own_at = {}
        for tp, at in behind.items() - self._own_at.items():
            own.seek(tp, at)
        taken: dict[TopicPartition, list[Any]] = {}
        with contextlib.suppress(NoOffsetForPartitionError):  # said of an assignment before this one
            taken = await own.getmany(timeout_ms=min(timeout_ms, CATCH_UP_MS), max_records=limit)
        self._own_at = {**behind} | {tp: records[-1].offset + 1 for tp, records in taken.items()}
        self.at |= self._own_at
        return taken

    async def _asked(self, about: Collection[TopicPartition] = ()) -> AIOKafkaConsumer:
        """The own client of this reader, made where there is none. It knows where these partitions are: one that was assigned none learns it topic by topic."""
        if self._own is None:
            own = self._link.client()
            try:
                await own.start()
            except BaseException:
                await own.stop()
                raise
            self._own = own
        if not self._own.assignment() >= set(about):
            self._own.assign(list(about))
            self._own_at = {}
        return self._own

    async def _leave_own(self) -> None:
        own, self._own, self._own_at = self._own, None, {}
        if own is not None:
            with contextlib.suppress(KafkaError):
                await within(STOP_SECONDS, own.stop())
