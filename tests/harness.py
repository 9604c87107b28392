"""One service on a real PostgreSQL: its HTTP app called in process, its events handed to the consumer, its work run."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import sqlalchemy
from joserfc import jwt
from joserfc.jwk import OKPKey
from sqlalchemy import text
from sqlalchemy.util.concurrency import in_greenlet

import chassis.connection
import chassis.database
from chassis.database import Database
from chassis.events.consumer import Inbox, Message
from chassis.migrate import migrate
from chassis.service import Service
from chassis.vault.owner import Caller, migrate_vault
from chassis.work import WorkRunner
from contracts import machines
from contracts.catalogue import CATALOGUE, SERVICES, entry_for
from contracts.envelope import Event, Meta
from deploy.local.cell import VAULT_SERVICES
from services.consent.notice_texts import ship
from tests.documented import DocumentedAnswers
from tests.lent_apps import lent_app
from tests.listing import list_everybody

ISSUER = "http://issuer.test"


@dataclass
class Keys:
    """Keys of one test cell: the issuer's, one for each service, and an epoch of the vault."""

    directory: Path
    issuer: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519", {"kid": "issuer"}))
    services: dict[str, OKPKey] = field(
        default_factory=lambda: {name: OKPKey.generate_key("Ed25519", {"kid": name}) for name in SERVICES}
    )

    def write(self) -> None:
        self._dump("jwks.json", {"keys": [self.issuer.as_dict(private=False)]})
        self._dump("services.jwks.json", {"keys": [k.as_dict(private=False) for k in self.services.values()]})
        for name, key in self.services.items():
            self._dump(f"{name}.jwk.json", key.as_dict(private=True))
        epoch = b64encode(urandom(32)).decode()
        self._dump("epoch.json", {"current": "2026-11", "keys": {"2026-11": epoch}})

    def _dump(self, name: str, value: Any) -> None:
        (self.directory / name).write_text(json.dumps(value))

    def settings(self, name: str) -> dict[str, Any]:
        d = self.directory
        return {
            "issuer": ISSUER,
            "jwks_file": d / "jwks.json",
            "service_key_file": d / f"{name}.jwk.json",
            "service_jwks_file": d / "services.jwks.json",
            "vault_epoch_file": d / "epoch.json",
        }


@dataclass
class Harness:
    service: Service
    client: httpx2.AsyncClient
    keys: Keys
    cell: str
    sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    def as_(
        self,
        role: str,
        org: str | None = None,
        sub: str | None = None,
        purpose: str | None = None,
        **claims: Any,
    ) -> dict[str, str]:
        """Headers of a person with this role; `claims` replace those of a valid token."""
        now = int(datetime.now(UTC).timestamp())
        body = {
            "iss": ISSUER,
            "sub": sub or f"{self.cell.lower()}.{role}",
            "aud": list(SERVICES),
            "iat": now,
            "exp": now + (55 if role in machines.ROLES else 300),
            "jti": str(uuid4()),
            "cell": self.cell,
            "org": org or f"{self.cell.lower()}-care-agency",
            "roles": [role],
        } | claims
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": "issuer"}
        token = jwt.encode(header, body, self.keys.issuer, algorithms=["Ed25519"])
        meant = purpose or ("audit" if role == "auditor" else "case-management")
        return {"Authorization": f"Bearer {token}", "Corridor-Purpose": meant}

    def as_service(self, name: str) -> dict[str, str]:
        now = int(datetime.now(UTC).timestamp())
        body = {
            "iss": f"urn:corridor:{self.cell.lower()}:service",
            "sub": f"service:{name}",
            "aud": self.service.name,
            "cell": self.cell,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid4()),
        }
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": name}
        token = jwt.encode(header, body, self.keys.services[name], algorithms=["Ed25519"])
        return {"Authorization": f"Bearer {token}"}

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """Every event in the outbox, oldest first: its type and its body."""
        async with self.service.database.engine.connect() as conn:
            rows = await conn.execute(
                text("select type, payload from chassis.outbox where type is not null order by pos")
            )
            return [(row.type, json.loads(row.payload)) for row in rows]

    async def grant_access(self, case_id: UUID, organisation: str, workers: tuple[str, ...] = ()) -> None:
        """Put the case into the access projection, as `case.assigned` would."""
        statement = (
            "insert into chassis.case_access (case_id, organisation, workers) values (:c, :o, :w)"
            " on conflict (case_id) do update set organisation = :o, workers = :w"
        )
        async with self.service.database.engine.begin() as conn:
            await conn.execute(text(statement), {"c": case_id, "o": organisation, "w": list(workers)})

    def received(
        self, event: Event, *, sequence: int | None = None, publisher: str | None = None
    ) -> tuple[Meta, bytes]:
        """The event as it would arrive: its attributes, with the next sequence of its stream, and its body."""
        publisher = publisher or next(e.publisher for e in CATALOGUE if e.event is type(event))
        entry = entry_for(type(event), publisher)
        source, stream = f"/{self.cell.lower()}/{publisher}", entry.stream_of(event)
        following = self.sequences.get((source, stream), 0) + 1
        number = following if sequence is None else sequence
        self.sequences[source, stream] = max(following, number)
        meta = Meta(
            id=uuid4(),
            source=source,
            type=entry.type,
            time=datetime.now(UTC),
            stream=stream,
            sequence=number if entry.sequenced else 0,
            actor="test",
            organisation=f"{self.cell.lower()}-care-agency",
            purpose="case-management",
        )
        return meta, event.model_dump_json().encode()

    async def deliver(self, event: Event, *, publisher: str | None = None) -> None:
        """Hand the event to the service's consumer, as the next one of its stream."""
        await self.deliver_raw(*self.received(event, publisher=publisher))

    async def deliver_raw(self, meta: Meta, payload: bytes) -> None:
        """The same with attributes of the test's own; a body that a handler refuses parks its stream."""
        inbox = Inbox(self.service.database, self.service.subscriptions)
        message = Message("test", 0, 0, meta.headers(), payload)
        await inbox.take(inbox.read([message]))

    async def parked(self) -> list[str]:
        """The reasons of everything that stands still."""
        async with self.service.database.engine.connect() as conn:
            rows = await conn.execute(
                text("select reason from chassis.parked where state = 'waiting' order by parked_at")
            )
            return [row.reason for row in rows]

    async def work(self, *, hasten: bool = False) -> int:
        """Run what is due now, once each; with `hasten` everything that waits for its time is due now."""
        if hasten:
            async with self.service.database.engine.begin() as conn:
                await conn.execute(
                    text("update chassis.work set due_at = now() - interval '1 second' where state = 'due'")
                )
        runner = next(loop for loop in self.service.loops if isinstance(loop, WorkRunner))
        return await runner.run_due()


@asynccontextmanager
async def running(
    name: str,
    build: Callable[[Any], Service],
    versions: Path | None,
    settings_class: type[Any],
    postgres: Any,
    directory: Path,
    *,
    cell: str = "TH",
    vault: bool = True,
    kafka: str = "127.0.0.1:1",
    start: bool = False,
    keys: Keys | None = None,
    **extra: Any,
) -> AsyncIterator[Harness]:
    """Build the service on a fresh database; `start=True` runs its loops too (then `kafka` must be real)."""
    kind = name if versions is not None else "bare"
    _, app_url = await postgres.create_migrated(
        kind, lambda owner_url, _: _prepare(owner_url, name, versions)
    )
    if keys is None:
        keys = Keys(directory)
        keys.write()
    settings = {
        "cell": cell,
        "mode": "development",
        "database_url": app_url,
        "kafka_bootstrap": kafka,
        "erasure_wait_hours": 0,  # no test waits for a day; the tests of the wait say how long it is
        "heard_seconds": 0,  # the test of the wait says how long it is
        **keys.settings(name),
    }
    if vault:
        _, vault_app = await postgres.create_migrated(
            "vault", lambda owner_url, app: migrate_vault(owner_url, callers(app.name))
        )
        settings["vault_url"] = vault_app
    service = build(settings_class(**{**settings, **extra}))
    sqlalchemy.event.listen(service.database.engine.sync_engine, "engine_connect", _see_everything)
    await service.start(worker=start)
    try:
        with lent_app(build, service, extra):
            documented = DocumentedAnswers(service.app, name)
            transport = httpx2.ASGITransport(app=documented, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
                yield Harness(service, client, keys, cell)
    finally:
        await service.stop()
    if build.__module__.startswith("services."):  # the routes of a test are read by nobody
        documented.require_all()


def callers(role: str) -> list[Caller]:
    """One role that may speak for every service, for tests in which a vault is shared."""
    return [Caller(role, service, "any") for service in VAULT_SERVICES]


async def _prepare(owner_url: str, name: str, versions: Path | None) -> None:
    """The tables, in them the directory as if it had been heard long ago, and what a first start puts there."""
    await migrate(owner_url, name, versions)
    database = Database(owner_url, publisher=name)
    await list_everybody(database)
    if name == "consent":
        async with database.transaction(database.system()) as tx:
            await ship(tx)
        async with database.engine.begin() as conn:  # said long ago
            await conn.execute(text("delete from chassis.outbox"))
            await conn.execute(text("delete from chassis.streams"))
    await database.close()


def _see_everything(connection: Any) -> None:
    """For what a test looks at or arranges by itself: whoever asks the engine for a connection sees the rows of every organisation.
    Outside of a greenlet the service makes one to name an error, and asks nothing by it.
    """
    pooled = connection.connection
    if in_greenlet() and not pooled.info.get(SEES):
        pooled.info[SEES] = True
        pooled.dbapi_connection.run_async(lambda driver: driver.execute(_SEE, "*"))


async def _lent_to_the_service(engine: sqlalchemy.Engine) -> sqlalchemy.PoolProxiedConnection:
    """The service itself gets its connections as it has them elsewhere: it sees what each of its transactions says, and nothing outside of one."""
    lent = await chassis.connection.lent(engine)
    if lent.info.pop(SEES, False):
        driver: Any = lent.driver_connection
        await driver.execute(_SEE, "")
    return lent


SEES, _SEE = "sees everything", "select set_config('corridor.organisation', $1, false)"
chassis.database.lent = _lent_to_the_service


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
