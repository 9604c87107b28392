"""The backlog and age of a service's queues, asked of its database when somebody reads the metrics."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database, Transaction
from chassis.endings import within
from chassis.events import causes, offsets
from chassis.events.consumer import Consumer
from chassis.observe.metrics import Gauge, Metrics, Sample
from chassis.own_tables import WorkState
from chassis.settings import Settings

EVERY_SECONDS = 15.0
"""However often somebody reads, the database is asked no more often than this."""
ANSWER_SECONDS = 3.0
MOST_CAUSES = 20
MOST_WAITING = 100_000

FAILING = Gauge("part.failing", "1 where this part keeps the service from its work.", ("part",))
DEGRADED = Gauge(
    "part.degraded", "1 where something outside the service is wrong, such as a partner.", ("part",)
)
AGE = Gauge("readings.age", "How long ago the database last answered what the other gauges show.", unit="s")
OUTBOX = Gauge("outbox.waiting", "Events that are not published yet.")
OUTBOX_AGE = Gauge("outbox.oldest", "Age of the oldest of them; 0 where there is none.", unit="s")
LAG = Gauge("consumer.lag", "Events of a topic that this service has not handled yet.", ("topic",))
LAG_AGE = Gauge("consumer.oldest", "Age of the oldest event of a topic that is in hand.", ("topic",), "s")
STOPPED = Gauge("consumer.stopped", "1 while the consumer is stopped because too much would be parked.")
PARKED = Gauge("parked.streams", "Streams that stand still.")
PARKED_AGE = Gauge(
    "parked.oldest", "Since when the first of them has stood still; 0 where none does.", unit="s"
)
CAUSES = Gauge(
    "parked.streams.by.cause",
    "The same by cause: its id in `corridor operate causes`, and its reason.",
    ("cause", "reason"),
)
WORK = Gauge("work.waiting", "Pieces of work whose time has come.", ("kind",))
WORK_AGE = Gauge(
    "work.oldest", "Since when the oldest of them has waited; 0 where none does.", ("kind",), "s"
)
WORK_FAILED = Gauge("work.failed", "Pieces of work that were given up.", ("kind",))

_OUTBOX = text(
    """
    select count(*) as waiting, min(time) as since from (
        select time from chassis.outbox where pos > (select max_pos from chassis.relay) order by pos limit :most
    ) as unpublished
    """
)
# Work that is put off is due anew each time; it has waited since it was due first.
_WORK = text(
    f"""
    select kind, count(*) filter (where waits) as waiting, min(since) filter (where waits) as since,
           count(*) filter (where state = '{WorkState.FAILED}') as failed
    from (
        select kind, state, coalesce(first_due_at, due_at) as since,
               state = '{WorkState.DUE}' and coalesce(first_due_at, due_at) <= :now as waits
        from chassis.work
    ) as known group by kind
    """
)

Ask = Callable[[Transaction], Awaitable[Iterable[Sample]]]
"""A question of a service to its own database; all of them are asked inside one transaction."""


class Part(Protocol):
    """A loop, as readiness sees it."""

    name: str

    def healthy(self) -> str | None: ...


class Readings:
    """Reads at most every fifteen seconds. A database that does not answer is shown by the age of what it said last."""

    def __init__(
        self, metrics: Metrics, database: Database, parts: Sequence[Part], asks: Sequence[Ask]
    ) -> None:
        self._metrics, self._database, self._parts, self._asks = metrics, database, parts, list(asks)
        self._lock = asyncio.Lock()
        self._began = self._answered = time.monotonic()
        self._next = 0.0

    async def refresh(self) -> None:
        async with self._lock:
            if time.monotonic() < self._next:
                return
            asked = await self._asked()
            self._metrics.show([*asked, *self._seen()])
            self._next = time.monotonic() + EVERY_SECONDS

    async def _asked(self) -> list[Sample]:
        samples: list[Sample] = []
        try:
            if await within(ANSWER_SECONDS, self._ask(samples)):
                self._answered = time.monotonic()
                return samples
        except (SQLAlchemyError, OSError, TimeoutError):
            """Readiness says it, and the age does."""
        return []

    async def _ask(self, samples: list[Sample]) -> None:
        async with self._database.transaction(self._database.system()) as tx:
            for ask in self._asks:
                samples += await ask(tx)

    def _seen(self) -> Iterator[Sample]:
        yield AGE.at(time.monotonic() - self._answered)
        for part in self._parts:
            degraded = getattr(part, "degraded", None)
            yield FAILING.at(part.healthy() is not None, part.name)
            if degraded is not None:
                yield DEGRADED.at(degraded() is not None, part.name)


async def outbox(tx: Transaction) -> Iterable[Sample]:
    row = (await tx.execute(_OUTBOX, {"most": MOST_WAITING})).one()
    return OUTBOX.at(row.waiting), OUTBOX_AGE.at(_age(tx, row.since))


async def parked(tx: Transaction) -> Iterable[Sample]:
    found = await causes.find_causes(tx)
    since = min((one.since for one in found), default=None)
    whole = [PARKED.at(sum(one.streams for one in found)), PARKED_AGE.at(_age(tx, since))]
    by_cause = [CAUSES.at(one.streams, one.id, one.reason) for one in found[:MOST_CAUSES]]
    return whole + (by_cause or [CAUSES.at(0, "", "")])


def work(kinds: Iterable[str]) -> Ask:
    """By the kinds that this service knows; rows of another version of it are not shown."""
    names = sorted(kinds)

    async def ask(tx: Transaction) -> Iterable[Sample]:
        rows = {row.kind: row for row in await tx.execute(_WORK, {"now": tx.now})}
        samples: list[Sample] = []
        for kind in names:
            row = rows.get(kind)
            samples += [
                WORK.at(row.waiting if row else 0, kind),
                WORK_AGE.at(_age(tx, row.since if row else None), kind),
                WORK_FAILED.at(row.failed if row else 0, kind),
            ]
        return samples

    return ask


def lag(consumer: Consumer, settings: Settings) -> Ask:
    """The offsets of the database beside the ends that the broker last told."""

    async def ask(tx: Transaction) -> Iterable[Sample]:
        handled, ends = await offsets.all_stored(tx), consumer.ends()
        behind: dict[str, int] = {}
        for (topic, number), end in ends.items():
            waiting = end - handled.get((topic, number), end)
            behind[topic] = behind.get(topic, 0) + max(0, waiting)
        oldest = consumer.oldest()
        names = {topic: topic.removeprefix(settings.topic_prefix) for topic in behind}
        return [
            STOPPED.at(consumer.stopped),
            *(LAG.at(count, names[topic]) for topic, count in behind.items()),
            *(LAG_AGE.at(_seconds(tx.now, oldest.get(topic)), names[topic]) for topic in behind),
        ]

    return ask


def _seconds(now: datetime, oldest_ms: int | None) -> float:
    return 0.0 if oldest_ms is None else max(0.0, now.timestamp() - oldest_ms / 1000)


def _age(tx: Transaction, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (tx.now - since).total_seconds())


def of_the_chassis(consumer: Consumer | None, kinds: Iterable[str], settings: Settings) -> list[Ask]:
    """The questions that every service is asked."""
    asked: list[Ask] = [outbox, parked, work(kinds)]
    return asked if consumer is None else [*asked, lag(consumer, settings)]
