"""A publisher and a consumer on real servers: consent says, referral handles, and a table keeps one row per effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import Database, Origin, Transaction
from chassis.events.admission import Message
from chassis.events.consumer import Consumer, Inbox
from chassis.events.kafka import KafkaLink
from chassis.events.relay import Relay
from chassis.events.subscription import Subscription
from chassis.migrate import migrate
from chassis.settings import Settings
from contracts.envelope import Event, Meta
from contracts.events.consent import ConsentGivenV1, ConsentWithdrawnV1
from deploy.local.patience import Patience

ORIGIN = Origin("worker-1", "th-care-agency", "case-management", "2026-11")
TOPIC = "consent.events"
PARTITIONS = 3
PROBE = (
    "create schema probe",
    "create table probe.effects (n bigint generated always as identity, case_id uuid, type text, revision int)",
)
_INSERT = text(
    "insert into probe.effects (case_id, type, revision)"
    " select * from unnest(cast(:cases as uuid[]), cast(:types as text[]), cast(:revisions as int[]))"
)


def given(case_id: UUID, revision: int) -> ConsentGivenV1:
    """An event whose `revision` numbers it within its case."""
    return ConsentGivenV1(
        case_id=case_id,
        consent_id=case_id,
        revision=revision,
        revision_hash="0" * 64,
        purposes=("protection",),
        recipients=("kh-reintegration-agency",),
        categories=("needs",),
        back_categories=("outcome",),
        valid_until=datetime(2027, 1, 1, tzinfo=UTC),
    )


def withdrawn(case_id: UUID, revision: int) -> ConsentWithdrawnV1:
    return ConsentWithdrawnV1(case_id=case_id, consent_id=case_id, revision=revision)


@dataclass
class Effects:
    """The aggregate of the probe: what its handlers were given since it was loaded."""

    case_id: UUID
    seen: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Probe:
    """A subscription that keeps a row for each effect, with switches to make it fail."""

    poison: set[int] = field(default_factory=set)
    handled: int = 0
    loads: int = 0
    before_save: Callable[[Transaction], Awaitable[None]] | None = None

    def subscription(self) -> Subscription[UUID, Effects]:
        return Subscription(
            handlers={ConsentGivenV1: self.on_event, ConsentWithdrawnV1: self.on_event},
            key=lambda event: event.case_id,
            load=self.load,
            save=self.save,
            outgoing=lambda fact: fact,
        )

    def on_event(self, effects: Effects, event: Any, now: datetime) -> Iterable[Event]:
        self.handled += 1
        if event.revision in self.poison:
            raise ValueError("poison")
        effects.seen.append((type(event).type, event.revision))
        return ()

    async def load(self, tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Effects]:
        self.loads += 1
        return {key: Effects(key) for key in keys}

    async def save(self, tx: Transaction, aggregates: Sequence[Effects]) -> None:
        rows = [(a.case_id, type_, revision) for a in aggregates for type_, revision in a.seen]
        cases, types, revisions = zip(*rows, strict=True)
        await tx.execute(_INSERT, {"cases": list(cases), "types": list(types), "revisions": list(revisions)})
        if self.before_save is not None:
            await self.before_save(tx)


@dataclass
class Side:
    """One service: its settings, its database, its link to the broker."""

    settings: Settings
    database: Database
    link: KafkaLink
    owner_url: str

    async def say(self, *events: Event) -> None:
        async with self.database.transaction(ORIGIN) as tx:
            tx.say(*events)

    async def rows(self, sql: str, **parameters: Any) -> list[Any]:
        async with self.database.engine.connect() as conn:
            await conn.execute(text("select set_config('corridor.organisation', '*', true)"))
            return [tuple(row) for row in await conn.execute(text(sql), parameters)]

    async def run(self, *statements: str) -> None:
        """As the owner: what a test arranges."""
        await run(self.owner_url, *statements)

    async def effects(self) -> list[tuple[UUID, int]]:
        return await self.rows("select case_id, revision from probe.effects order by n")

    def relay(self) -> Relay:
        return Relay(self.settings, self.database, self.link)

    def consumer(self, probe: Probe, awaited: Collection[type[Event]] | None = None) -> Consumer:
        return Consumer(
            self.settings,
            self.database,
            self.link,
            [probe.subscription()],
            topics=[TOPIC],
            awaited=awaited,
        )

    def inbox(self, probe: Probe) -> Inbox:
        return Inbox(self.database, [probe.subscription()])


async def run(url: str, *statements: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement))
    await engine.dispose()


@asynccontextmanager
async def side(
    postgres: Any,
    name: str,
    *,
    kafka: str = "127.0.0.1:1",
    prefix: str = "",
    versions: Path | None = None,
    **settings: Any,
) -> AsyncIterator[Side]:
    """A migrated database of the service `name`, with the probe's table."""

    async def prepare(owner_url: str, _: Any) -> None:
        await migrate(owner_url, name, versions)
        await run(owner_url, *PROBE)

    kind = f"side_{name}" if versions is None else f"whole_{name}"
    owner_url, app_url = await postgres.create_migrated(kind, prepare)
    made = Settings(
        cell="TH", database_url=SecretStr(app_url), kafka_bootstrap=kafka, topic_prefix=prefix, **settings
    )
    database = Database(app_url, publisher=name, cell="TH", prefix=prefix)
    one = Side(made, database, KafkaLink(made, name), owner_url)
    try:
        yield one
    finally:
        await database.close()


@asynccontextmanager
async def running(*loops: Any) -> AsyncIterator[None]:
    for loop in loops:
        await loop.start()
    try:
        yield
    finally:
        await asyncio.gather(*(loop.stop() for loop in loops))


async def eventually(condition: Callable[[], Awaitable[Any]], seconds: float = 30) -> None:
    """Returns when the condition is true; after `seconds` of an idle machine, it is asked once more and must be."""
    waiting = Patience(quiet_s=seconds)
    while not waiting.over:
        with suppress(AssertionError):
            if await condition():
                return
        await asyncio.sleep(0.05)
    assert await condition()


def message(
    event: Event, sequence: int, *, source: str = "/th/consent", offset: int = 0, **meta: Any
) -> Message:
    """The event as it arrives on a topic."""
    case_id = str(event.case_id)  # type: ignore[attr-defined]
    attributes = {
        "id": uuid4(),
        "source": source,
        "type": type(event).type,
        "time": datetime.now(UTC),
        "stream": case_id,
        "sequence": sequence,
        "actor": "worker-1",
        "organisation": "th-care-agency",
        "purpose": "case-management",
    }
    headers = Meta(**{**attributes, **meta}).headers()
    return Message(TOPIC, 0, offset, headers, event.model_dump_json().encode())


async def read_topic(bootstrap: str, topic: str, count: int, seconds: float = 20) -> list[Any]:
    """The first `count` records of a topic, each partition in order; fewer when time is up."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        records: list[Any] = []
        waiting = Patience(lambda: len(records), seconds)
        while len(records) < count and not waiting.over:
            for some in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(some)
        return records
    finally:
        await consumer.stop()
