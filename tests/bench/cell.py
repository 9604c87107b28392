"""What the benchmark runs on: a real broker and PostgreSQL with fsync, two services' databases, events in the outbox."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg

import services.referral.app as referral_app
from contracts.envelope import Event
from contracts.events.consent import ConsentGivenV1, DisclosureAuthorisedV1, WithheldField
from deploy.local.kafka import Broker
from deploy.local.postgres import Postgres
from deploy.local.testing import Databases, Kafka, Run
from tests.chassis.pipeline import Side, side

PARTITIONS = 6
STEPS = 4
"""Events of a case: given, authorised, given again, authorised again."""

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIELDS = tuple(sorted(f"vic_Field{n:02}" for n in range(12)))
ARRANGE = """
    truncate referral.referrals, referral.consents, chassis.marks, chassis.parked, chassis.offsets, chassis.outbox;
    insert into referral.referrals (id, half, case_id, organisation, sender, sender_cell, recipient, recipient_cell,
        recipient_role, service, purpose, urgency, asked, created_at, kind, state, fields, withheld, sent_at, version)
    select id, 'outgoing', case_id, 'th-care-agency', 'th-care-agency', 'TH', 'kh-reintegration-agency', 'KH',
        'reintegration', 'shelter', 'protection', 'routine', '["cor_FullName"]', now(), 'referral', 'requested', '[]', '[]', now(), 1
    from bench.cases
"""
COUNT = """
    select count(*) filter (where version = 3), count(*) filter (where version > 3), count(*) from referral.referrals
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """Consent, which says events, and referral, which handles them."""

    kafka: Kafka
    consent: Side
    referral: Side
    cases: list[UUID]

    @property
    def events(self) -> int:
        return len(self.cases) * STEPS

    async def fill(self, topic: str) -> None:
        """Put every event into the outbox of consent, as if none had been published, for this topic."""
        await owner(
            self.consent,
            "truncate chassis.outbox",
            "insert into chassis.outbox overriding system value select pos, topic, stream, sequence, id, type, time,"
            " actor, organisation, purpose, policy, causationid, traceparent, payload from bench.events order by pos",
            f"update chassis.outbox set topic = '{topic}'",
            "update chassis.relay set max_pos = 0, holes = '{}'",
            "vacuum analyze chassis.outbox",
        )

    async def arrange(self) -> None:
        """Referral before the first event: a referral that was sent, for every case."""
        await owner(self.referral, *ARRANGE.split(";"), "vacuum analyze referral.referrals")


async def owner(one: Side, *statements: str) -> None:
    conn = await asyncpg.connect(dsn(one.owner_url))
    try:
        await conn.execute("set corridor.organisation = '*'")
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


def dsn(url: str) -> str:
    return url.replace("+asyncpg", "")


@contextmanager
def servers() -> Iterator[tuple[Kafka, Databases]]:
    run = Run.begin()
    try:
        broker = Broker(
            run.directory / "kafka", name="bench", plaintext=True, heap="512m", remove=run.directory
        )
        postgres = Postgres(run.directory / "postgres", remove=run.directory)
        broker.start()
        postgres.start()
        yield Kafka(broker.plain_bootstrap), Databases(postgres.admin_dsn())
    finally:
        run.end()


@asynccontextmanager
async def bench(kafka: Kafka, databases: Databases, cases: int) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        consent = await stack.enter_async_context(side(databases, "consent", kafka=kafka.bootstrap))
        versions = referral_app.VERSIONS
        referral = await stack.enter_async_context(
            side(databases, "referral", kafka=kafka.bootstrap, versions=versions)
        )
        made = Bench(kafka, consent, referral, [uuid4() for _ in range(cases)])
        await _write_events(made)
        await _write_cases(made)
        yield made


async def _write_events(made: Bench) -> None:
    await owner(
        made.consent,
        "create schema bench",
        "create table bench.events (like chassis.outbox)",
    )
    conn = await asyncpg.connect(dsn(made.consent.owner_url))
    try:
        rows = list(_rows(made.cases))
        columns = [*rows[0]]
        records = [tuple(row.values()) for row in rows]
        await conn.copy_records_to_table("events", schema_name="bench", columns=columns, records=records)
    finally:
        await conn.close()


def _rows(cases: list[UUID]) -> Iterator[dict[str, Any]]:
    shuffled = list(cases)
    pos = 0
    for step in range(1, STEPS + 1):
        random.Random(step).shuffle(shuffled)
        for case in shuffled:
            pos += 1
            event = event_of(case, step)
            yield {
                "pos": pos,
                "topic": "",
                "stream": str(case),
                "sequence": step,
                "id": uuid4(),
                "type": event.type,
                "time": NOW,
                "actor": "worker-1",
                "organisation": "th-care-agency",
                "purpose": "protection",
                "policy": "2026-11",
                "causationid": None,
                "traceparent": f"00-{uuid4().hex}-{uuid4().hex[:16]}-01",
                "payload": event.model_dump_json().encode(),
            }


def event_of(case: UUID, step: int) -> Event:
    """A consent given in odd steps, a disclosure authorised under it in even ones."""
    if step % 2:
        return ConsentGivenV1(
            case_id=case,
            consent_id=case,
            revision=step,
            revision_hash="0" * 64,
            purposes=("protection", "referral-assistance"),
            recipients=("kh-reintegration-agency",),
            categories=("identity", "needs", "contact"),
            back_categories=("outcome",),
            valid_until=NOW + timedelta(days=365),
        )
    return DisclosureAuthorisedV1(
        case_id=case,
        disclosure_id=uuid5(case, f"disclosure-{step}"),
        referral_id=referral_of(case),
        consent_id=case,
        revision=step - 1,
        revision_hash="0" * 64,
        purpose="protection",
        sender="th-care-agency",
        recipient="kh-reintegration-agency",
        recipient_cell="KH",
        service="shelter",
        urgency="routine",
        agreement_id="th-kh",
        agreement_version=1,
        agreement_sha256="0" * 64,
        fields=FIELDS,
        fields_hash="0" * 64,
        withheld=tuple(WithheldField(field=f"{name}_x", reason="no-consent") for name in FIELDS[:4]),
        back_categories=("outcome",),
        valid_until=NOW + timedelta(days=365),
    )


def referral_of(case: UUID) -> UUID:
    return uuid5(case, "referral")


async def _write_cases(made: Bench) -> None:
    await owner(
        made.referral, "create schema bench", "create table bench.cases (case_id uuid primary key, id uuid)"
    )
    conn = await asyncpg.connect(dsn(made.referral.owner_url))
    try:
        records = [(case, referral_of(case)) for case in made.cases]
        await conn.copy_records_to_table("cases", schema_name="bench", records=records)
    finally:
        await conn.close()
