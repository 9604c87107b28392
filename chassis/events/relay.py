"""The relay: publishes the outbox to Kafka, in order, losing nothing; one is active per database, others stand by."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy.engine import make_url

from chassis.database import Database
from chassis.endings import within
from chassis.events.batch import rest_after
from chassis.events.gaps import OutboxReader, PublishableRows, Tracker
from chassis.events.kafka import KafkaLink
from chassis.events.publisher import Batches, Publisher
from chassis.settings import Settings
from chassis.supervised import SupervisedLoop
from chassis.wakes import CHANNEL, Wake

BATCH = 1_000
FORGET_EVERY = 2_000
HOLE_SECONDS = 0.02
"""The seconds between two looks at positions that were passed over: nobody says that a transaction was rolled back."""
QUIET_SECONDS = 1.0
"""The seconds without anything to publish after which what was published is forgotten."""
STANDBY_SECONDS = 1.0
SILENCE_SECONDS = 5.0
START_SECONDS = 15.0
CLOSE_SECONDS = 2.0
LOCK = "select pg_try_advisory_lock(hashtext('corridor.relay'))"

SERVER_SETTINGS = {
    "application_name": "corridor-relay",
    # A lost checkpoint only publishes again rows that consumers drop by their sequence; the outbox itself is never
    # lost.
    "synchronous_commit": "off",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


@dataclass(frozen=True, slots=True)
class RowsInHand:
    """Rows that are to be published, and the batches of them where those were made ahead of their turn."""

    read: PublishableRows
    batches: Batches | None = None


class Relay(SupervisedLoop):
    """Read, publish, await the acknowledgements, checkpoint; woken after a commit, else by a slow poll.

    Its connection is the one by which this process hears of what other processes of the service have committed.
    """

    name = "relay"
    grace_seconds = 5.0

    def __init__(self, settings: Settings, database: Database, link: KafkaLink) -> None:
        super().__init__()
        self._database = database
        self._link = link
        url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql")
        self._dsn = url.render_as_string(hide_password=False)
        self._keep_seconds = settings.outbox_hours * 3600
        self._poll = max(settings.poll_seconds, HOLE_SECONDS)
        self._waiting_since: float | None = None
        self._unforgotten = 0

    def healthy(self) -> str | None:
        since = self._waiting_since
        if since is not None and (silent := time.monotonic() - since) > SILENCE_SECONDS:
            return f"Kafka has not acknowledged for {silent:.0f} s; commands are accepted, events wait"
        return self.trouble

    def rouse(self) -> None:
        self._database.wakes.sign(Wake.EVENTS).set()

    async def session(self) -> None:
        async with self._connected() as conn:
            await self._listen(conn)
            if await self._become_active(conn):
                async with self._producing() as producer:
                    with self._database.wakes.waited_for(Wake.EVENTS):
                        await self._pump(
                            OutboxReader(conn, BATCH, self._keep_seconds),
                            Publisher(producer, self._database.source, self._link.shared),
                        )

    async def _pump(self, reader: OutboxReader, publisher: Publisher) -> None:
        tracker = await reader.load()
        before: PublishableRows | None = None
        ahead: RowsInHand | None = None
        while not self.stopping or ahead is not None:
            began = time.monotonic()
            self._database.wakes.sign(Wake.EVENTS).clear()
            now = ahead or RowsInHand(await reader.read(tracker))
            batch = now.read
            ahead = await self._publish(now, before, reader, publisher) if batch.rows else None
            before = batch if ahead is not None else None
            if ahead is None:
                await self._settle(reader, batch, tracker)
            tracker = batch.tracker
            if ahead is None and len(batch.rows) < BATCH:
                await self._company(len(batch.rows), time.monotonic() - began)
                await self._sleep(bool(tracker.holes))

    async def _publish(
        self,
        now: RowsInHand,
        before: PublishableRows | None,
        reader: OutboxReader,
        publisher: Publisher,
    ) -> RowsInHand | None:
        """Publish; meanwhile settle the rows before them, and when there are likely more, read those. While stopping, nothing more is
        taken in hand.
        """
        self._waiting_since = time.monotonic()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(publisher.publish(now.read.rows, now.batches))
                meanwhile = both.create_task(self._meanwhile(now.read, before, reader, publisher))
        finally:
            self._waiting_since = None
        return meanwhile.result()

    async def _meanwhile(
        self,
        batch: PublishableRows,
        before: PublishableRows | None,
        reader: OutboxReader,
        publisher: Publisher,
    ) -> RowsInHand | None:
        """Read the next batch, and make it while the one before is settled; meanwhile this one is under way to the broker."""
        more = len(batch.rows) == BATCH and not self.stopping
        following = await reader.read(batch.tracker) if more else None
        async with asyncio.TaskGroup() as both:
            if before is not None:
                both.create_task(self._settle(reader, before))
            if following is None or not following.rows:
                return None
            made = both.create_task(publisher.made_ahead(following.rows))
        return RowsInHand(following, made.result())

    async def _company(self, published: int, seconds: float) -> None:
        """Let what comes next wait for others where the machine was busy with so few."""
        if published and (longer := rest_after(published, seconds)):
            await self.rest(longer)

    async def _settle(
        self, reader: OutboxReader, batch: PublishableRows, since: Tracker | None = None
    ) -> None:
        """Checkpoint a batch that is acknowledged, and forget what is behind it."""
        if batch.tracker != since:
            await reader.checkpoint(batch.tracker)
        self.fine()
        await self._forget(reader, batch.tracker, len(batch.rows))

    async def _forget(self, reader: OutboxReader, tracker: Tracker, published: int) -> None:
        self._unforgotten += published
        idle = published == 0 and self._unforgotten > 0
        if self._unforgotten >= FORGET_EVERY or idle:
            self._unforgotten = 0
            await reader.forget(tracker)

    async def _sleep(self, holes: bool) -> None:
        longest = QUIET_SECONDS if self._unforgotten else self._poll
        with contextlib.suppress(TimeoutError):
            sign = self._database.wakes.sign(Wake.EVENTS)
            await asyncio.wait_for(sign.wait(), min(self._poll, HOLE_SECONDS if holes else longest))

    async def _listen(self, conn: "asyncpg.Connection[Any]") -> None:
        """Hear other processes from now on. A connection that is lost is noticed at once, and not by the next look."""
        wakes = self._database.wakes
        conn.add_termination_listener(lambda _: self.rouse())
        await conn.add_listener(CHANNEL, lambda _conn, _pid, _channel, said: wakes.hear(str(said)))
        wakes.hear_all()

    async def _become_active(self, conn: "asyncpg.Connection[Any]") -> bool:
        """Take the lock, or stand by until its holder has gone; False when stopped meanwhile."""
        while not self.stopping:
            if await conn.fetchval(LOCK):
                return True
            self.fine()
            await self.rest(STANDBY_SECONDS)
        return False

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        conn = await asyncpg.connect(
            self._dsn, timeout=START_SECONDS, command_timeout=60, server_settings=SERVER_SETTINGS
        )
        try:
            yield conn
        finally:
            with contextlib.suppress(TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if not await within(CLOSE_SECONDS, conn.close(timeout=CLOSE_SECONDS)):
                    conn.terminate()

    @contextlib.asynccontextmanager
    async def _producing(self) -> AsyncIterator[AIOKafkaProducer]:
        producer = self._link.producer()
        try:
            await asyncio.wait_for(producer.start(), START_SECONDS)
            yield producer
        finally:
            with contextlib.suppress(KafkaError):
                await within(SILENCE_SECONDS, producer.stop())
