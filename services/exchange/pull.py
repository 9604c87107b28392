"""The pull: reads a partner's topic with our own read-only login there, and keeps every record before anything else."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.endings import within
from chassis.events.kafka import Broker, require_topics
from chassis.faults import named, transient
from chassis.service import Service
from chassis.supervised import SupervisedLoop, pause_after
from services.exchange.receiver import Receiver
from services.exchange.settings import Partner, Settings
from services.exchange.store import inbox, partners
from services.exchange.store.inbox import RawRecord

POLL_MS, IDLE_POLL_MS = 200, 1_000
"""The milliseconds that a record is waited for: with records in hand that wait for this cell, and without."""
RECORDS = 200
START_SECONDS = 15.0
STOP_SECONDS = 5.0
LOST = "the connection was lost"
APPLIED_EVERY_SECONDS = 30.0
"""The seconds after which the stored records are looked at although none came: another process may have left some."""
PROBE_SECONDS = 3.0
"""The seconds between two questions to the partner's broker whether it is there: without them the client waits in
silence.
"""

log = logging.getLogger(__name__)


class Pull(SupervisedLoop):
    """One partner's topic. A border that is down is named and degrades the service; it does not fail it."""

    grace_seconds = 10.0

    def __init__(
        self, service: Service, settings: Settings, cell: str, partner: Partner, receiver: Receiver
    ) -> None:
        super().__init__()
        self.name = f"pull.{cell}"
        self._database, self._settings = service.database, settings
        self._cell, self._receiver = cell, receiver
        self._broker = Broker(partner.bootstrap, partner.user, partner.password, partner.ca_file)
        self._topic = f"{partner.topic_prefix}{settings.egress(settings.cell)}"
        self._failures_inside = 0
        self._apply_at = 0.0
        self._written: str | None = "unknown"

    def healthy(self) -> str | None:
        return None

    def degraded(self) -> str | None:
        return None if self.trouble is None else f"the broker of {self._cell}: {self.trouble}"

    async def session(self) -> None:
        try:
            await self._read()
        except asyncio.CancelledError as error:
            if self.stopping:
                raise
            await self._write_trouble(LOST)  # the client cancels its own futures when a connection breaks
            raise ConnectionError(LOST) from error
        except Exception as error:
            await self._write_trouble(named(error))
            raise

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._broker.connection("corridor-exchange-pull"),
            request_timeout_ms=5_000,
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=IDLE_POLL_MS,
            consumer_timeout_ms=IDLE_POLL_MS,
        )
        try:
            await asyncio.wait_for(consumer.start(), START_SECONDS)
            await require_topics(consumer, [self._topic])
            assigned = [
                TopicPartition(self._topic, 0)
            ]  # an egress topic has one partition: its order is evidence
            consumer.assign(assigned)
            await self._seek(consumer, assigned)
            await self._follow(consumer, assigned)
        finally:
            with contextlib.suppress(KafkaError):
                await within(STOP_SECONDS, consumer.stop())

    async def _seek(self, consumer: AIOKafkaConsumer, assigned: list[TopicPartition]) -> None:
        """Seek to the offsets of our own database. A partition never read begins at its first record; one read before
        is never skipped. One that ends before we were was made anew, by a partner whose cell was restored: it is read
        from its first record, since whatever comes again has no effect and the chain tells what is missing.
        """
        async with self._database.transaction(self._database.system()) as tx:
            stored = await inbox.offsets(tx, self._cell)
        first = await asyncio.wait_for(consumer.beginning_offsets(assigned), START_SECONDS)
        end = await asyncio.wait_for(consumer.end_offsets(assigned), START_SECONDS)
        for tp in assigned:
            wanted = stored.get(tp.partition, first[tp])
            if wanted > end[tp]:
                wanted = first[tp]
                log.error(
                    "the topic of partner %s was made anew and is read from its first record", self._cell
                )
                await self._begin_anew(tp.partition, wanted)
            consumer.seek(tp, wanted)

    async def _begin_anew(self, partition: int, offset: int) -> None:
        async with self._database.transaction(self._database.system()) as tx:
            await inbox.begin_anew(tx, self._cell, partition, offset)

    async def _follow(self, consumer: AIOKafkaConsumer, assigned: list[TopicPartition]) -> None:
        target: Mapping[TopicPartition, int] = {}
        probed = 0.0
        while not self.stopping:
            if time.monotonic() > probed + PROBE_SECONDS:
                target = await asyncio.wait_for(consumer.end_offsets(assigned), PROBE_SECONDS)
                probed = time.monotonic()
            patience = POLL_MS if self._receiver.waiting else IDLE_POLL_MS
            fetched = await consumer.getmany(timeout_ms=patience, max_records=RECORDS)
            if fetched:
                await self._keep(fetched)
                self._apply_at = 0.0
            due = self._receiver.waiting or time.monotonic() > self._apply_at
            if due and await self._at_the_end(consumer, assigned, target):
                await self._apply()
            self.fine()
            await self._write_trouble(None)

    async def _keep(self, fetched: Mapping[TopicPartition, list[Any]]) -> None:
        records = [
            RawRecord(self._cell, tp.partition, record.offset, record.value or b"")
            for tp, batch in fetched.items()
            for record in batch
        ]
        following = {tp.partition: batch[-1].offset + 1 for tp, batch in fetched.items()}
        async with self._database.transaction(self._database.system()) as tx:
            await inbox.store_raw(tx, self._cell, records, following)

    async def _at_the_end(
        self, consumer: AIOKafkaConsumer, assigned: list[TopicPartition], target: Mapping[TopicPartition, int]
    ) -> bool:
        """True where everything on the topic was read: a recall may stand behind the disclosure that it recalls."""
        for tp in assigned:
            position = await consumer.position(tp)
            if position < target.get(tp, 0) or position < (consumer.highwater(tp) or 0):
                return False
        return True

    async def _apply(self) -> None:
        """Apply the stored records. A database or a vault that is away is waited for; the records are kept meanwhile."""
        try:
            await self._receiver.run()
            self._failures_inside = 0
            self._apply_at = time.monotonic() + APPLIED_EVERY_SECONDS
        except Exception as error:
            if not transient(error):
                raise
            self._failures_inside += 1
            await self.rest(pause_after(self._failures_inside))

    async def _write_trouble(self, trouble: str | None) -> None:
        """Write the trouble down, so that every process of the service can show it."""
        if trouble == self._written:
            return
        with contextlib.suppress(Exception):  # without our database readiness says so already
            async with self._database.transaction(self._database.system()) as tx:
                await partners.trouble(tx, self._cell, trouble)
            self._written = trouble
