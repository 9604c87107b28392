"""What the tests of exchange are made of: trust files, a disclosure and its events, two services, loopback peers."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jws
from joserfc.jwk import OKPKey
from sqlalchemy import text

from chassis.endings import within
from contracts.disclosure import fields_hash
from contracts.events.audit import DisclosureLoggedV1
from contracts.events.consent import DisclosureAuthorisedV1
from contracts.events.intake import CaseOpenedV1
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.app import VERSIONS, build
from services.exchange.settings import Settings
from services.exchange.trust import Trust
from tests.harness import Harness, Keys, running

SENDER, RECIPIENT, IN_COUNTRY = "th-care-agency", "kh-reintegration-agency", "th-legal-aid"
NAME = "นางสาว สมใจ ใจดี"
VALUES = {"cor_FullName": NAME, "prs_Citizenship": ["KH"], "cor_Needs": ["shelter"]}


def now() -> datetime:
    return datetime.now(UTC)


def trust_of(files: TrustFiles, cell: str) -> Trust:
    trust = untried(files, cell)
    assert trust.refresh(now())
    return trust


def untried(files: TrustFiles, cell: str) -> Trust:
    """Before it has read anything."""
    return Trust(**_named(files.settings(cell)), cell=cell, mode="development")


def _named(settings: dict[str, Path]) -> dict[str, Path]:
    return {
        "trust_file": settings["trust_file"],
        "agreements": settings["agreements_dir"],
        "keys": settings["organisation_keys_dir"],
        "governance": settings["governance_keys_file"],
    }


@dataclass
class Case:
    """A case in TH and one disclosure of it, with the events that make it due."""

    trust: Trust
    recipient: str = RECIPIENT
    fields: tuple[str, ...] = ("cor_FullName", "cor_Needs", "prs_Citizenship")
    back: tuple[str, ...] = ("outcome",)
    valid_until: datetime = field(default_factory=lambda: now() + timedelta(days=30))
    case_id: UUID = field(default_factory=uuid4)
    person_id: UUID = field(default_factory=uuid4)
    disclosure_id: UUID = field(default_factory=uuid4)
    referral_id: UUID = field(default_factory=uuid4)
    purpose: str = "return-and-reintegration"
    more: dict[str, str] = field(default_factory=dict)
    """What else consent said: a kind, a basis, a law."""

    @property
    def recipient_cell(self) -> str:
        return self.recipient[:2].upper()

    def opened(self) -> CaseOpenedV1:
        return CaseOpenedV1(
            case_id=self.case_id,
            person_id=self.person_id,
            channel="screening-unit",
            organisation=SENDER,
            urgency="routine",
            opened_at=now(),
        )

    def authorised(self) -> DisclosureAuthorisedV1:
        inside = "th-th" if self.recipient_cell == "TH" else "th-kh"
        agreement = self.trust.agreements.get(inside, self.trust.agreements["th-kh"])
        return DisclosureAuthorisedV1(
            case_id=self.case_id,
            disclosure_id=self.disclosure_id,
            referral_id=self.referral_id,
            consent_id=uuid4(),
            revision=3,
            revision_hash="a" * 64,
            purpose=self.purpose,
            sender=SENDER,
            recipient=self.recipient,
            recipient_cell=self.recipient_cell,
            service="shelter",
            urgency="urgent",
            agreement_id=agreement.terms.id,
            agreement_version=agreement.terms.version,
            agreement_sha256=agreement.terms.sha256,
            fields=self.fields,
            fields_hash=fields_hash(self.fields),
            withheld=(),
            back_categories=self.back,
            valid_until=self.valid_until,
            **self.more,
        )

    def logged(self) -> DisclosureLoggedV1:
        return DisclosureLoggedV1(
            case_id=self.case_id, disclosure_id=self.disclosure_id, entry=7, chain_head="b" * 64
        )


@dataclass
class Peers:
    """Intake and consent of one cell as a real HTTP server on loopback, with what they were asked."""

    keys: Keys
    cell: str
    values: dict[str, Any] = field(default_factory=lambda: dict(VALUES))
    withdrawn: set[str] = field(default_factory=set)
    tokens: list[tuple[str, datetime]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    lifetime: int = 10
    change: dict[str, Any] = field(default_factory=dict)
    signer: OKPKey | None = None
    before_token: Callable[[], Awaitable[None]] | None = None
    url: str = ""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/internal/v1/cases/{case_id}/disclosable")
        async def disclosable(case_id: str, request: Request) -> dict[str, Any]:
            body = await request.json()
            self.asked.append(body)
            return {name: self.values[name] for name in body["fields"] if name in self.values}

        @app.post("/internal/v1/disclosures/{disclosure_id}/seal-token")
        async def seal_token(disclosure_id: str, request: Request) -> JSONResponse:
            if disclosure_id in self.withdrawn:
                return JSONResponse({"code": "consent_withdrawn"}, 409)
            body = await request.json()
            if self.before_token is not None:
                await self.before_token()
            self.tokens.append((disclosure_id, now()))
            return JSONResponse({"token": self.token(disclosure_id, body)})

        return app

    def token(self, disclosure_id: str, body: dict[str, Any]) -> str:
        issued = int(now().timestamp())
        claims = {
            "iss": f"urn:corridor:{self.cell.lower()}:service",
            "sub": "service:consent",
            "aud": "exchange",
            "jti": str(uuid4()),
            "iat": issued,
            "exp": issued + self.lifetime,
            "disclosure": disclosure_id,
            **body,
            **self.change,
        }
        header = {"alg": "Ed25519", "kid": "consent", "typ": "corridor-seal+jwt"}
        key = self.signer or self.keys.services["consent"]
        return jws.serialize_compact(header, json.dumps(claims), key, algorithms=["Ed25519"])


@asynccontextmanager
async def peers(keys: Keys, cell: str) -> AsyncIterator[Peers]:
    import asyncio

    found = Peers(keys, cell)
    server = uvicorn.Server(
        uvicorn.Config(found.app(), port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=5)
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    found.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.should_exit = True
        await within(10, task)


@asynccontextmanager
async def exchange(
    postgres: Any,
    files: TrustFiles,
    directory: Path,
    cell: str,
    *,
    peer: Peers | None = None,
    keys: Keys | None = None,
    tokens: Any = None,
    **extra: Any,
) -> AsyncIterator[Harness]:
    away = {"bootstrap": "127.0.0.1:1"}
    partners = {"TH": away, "KH": away}
    settings = {**files.settings(cell), "wait_seconds": 0.1, "partners": partners, **extra}
    if peer is not None:
        settings["peers"] = {"intake": peer.url, "consent": peer.url}
    directory.mkdir(exist_ok=True)
    async with running(
        "exchange",
        build if tokens is None else lambda s: build(s, tokens),  # one app is lent from test to test
        VERSIONS,
        Settings,
        postgres,
        directory,
        cell=cell,
        keys=keys,
        **settings,
    ) as harness:
        yield harness


def keys_in(directory: Path) -> Keys:
    directory.mkdir(exist_ok=True)
    keys = Keys(directory)
    keys.write()
    return keys


async def present(harness: Harness, cell: str, at: datetime | None = None) -> None:
    """As if the partner's sign of life had just been read."""
    statement = (
        "insert into exchange.partners (cell, present_at, heard_at) values (:c, :at, :at)"
        " on conflict (cell) do update set present_at = :at"
    )
    async with harness.service.database.engine.begin() as conn:
        await conn.execute(text(statement), {"c": cell, "at": at or now()})


async def rows(harness: Harness, statement: str, **parameters: Any) -> list[Any]:
    async with harness.service.database.engine.connect() as conn:
        return list(await conn.execute(text(statement), parameters))


async def envelopes(harness: Harness, topic: str) -> list[bytes]:
    """What the outbox holds for this topic, oldest first."""
    found = await rows(harness, "select payload from chassis.outbox where topic = :t order by pos", t=topic)
    return [bytes(row.payload) for row in found]


def files_in(directory: Path) -> TrustFiles:
    return make_trust(directory / "trust", ("TH", "KH"))
