"""Consent and exchange of one cell on real databases, joined as in a cell: calls over HTTP, events in their order."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text

from contracts.catalogue import consumed_by, event_class
from contracts.events.audit import DisclosureLoggedV1
from deploy.local.trust import TrustFiles
from services.consent.app import VERSIONS, build
from services.consent.settings import Settings
from tests.consent.making import (
    age_known,
    answer,
    case_opened,
    directory_changed,
    disclosure_of,
    referral_sent,
)
from tests.exchange.world import Peers, exchange, keys_in, peers, present, rows
from tests.harness import Harness, running

PURPOSE = "return-and-reintegration"
FIELDS = ("cor_FullName", "cor_Needs", "prs_Citizenship")


@dataclass
class OneCell:
    """`carried` counts what was handed on of each service's outbox."""

    consent: Harness
    exchange: Harness
    peer: Peers
    case_id: UUID = field(default_factory=uuid4)
    carried: dict[str, int] = field(default_factory=dict)

    @property
    def worker(self) -> dict[str, str]:
        return self.consent.as_("case_worker", org="th-care-agency")

    @property
    def supervisor(self) -> dict[str, str]:
        return self.consent.as_("supervisor", org="th-care-agency")

    async def post(self, path: str, headers: dict[str, str] | None = None, **json: Any) -> httpx2.Response:
        body = {"json": json} if json else {}
        return await self.consent.client.post(path, headers=headers or self.worker, **body)

    async def give(self, **changes: Any) -> UUID:
        """In a case of her own."""
        self.case_id = uuid4()
        for harness in (self.consent, self.exchange):
            await harness.deliver(case_opened(self.case_id, uuid4()))
        await self.consent.deliver(age_known(self.case_id))
        response = await self.post(f"/v1/cases/{self.case_id}/consents", **answer(**changes))
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def send(self, **changes: Any) -> UUID:
        """A referral is sent, authorised and logged: its disclosure is due at the border."""
        event = referral_sent(self.case_id, **{"fields": FIELDS, **changes})
        await self.consent.deliver(event)
        await self.carry()
        disclosure_id = disclosure_of(event.referral_id)
        await self.exchange.deliver(
            DisclosureLoggedV1(
                case_id=self.case_id, disclosure_id=disclosure_id, entry=7, chain_head="b" * 64
            )
        )
        return disclosure_id

    async def carry(self) -> None:
        """What each said since the last time arrives at the other."""
        for sender, receiver in ((self.consent, self.exchange), (self.exchange, self.consent)):
            name = sender.service.name
            wanted = {entry.event for entry in consumed_by(receiver.service.name) if entry.publisher == name}
            said = await sender.said()
            for type_, body in said[self.carried.get(name, 0) :]:
                kind = event_class(type_)
                if kind in wanted:
                    await receiver.deliver(kind.model_validate(body), publisher=name)
            self.carried[name] = len(said)

    async def view(self, consent_id: UUID) -> dict[str, Any]:
        found = await self.consent.client.get(f"/v1/consents/{consent_id}", headers=self.worker)
        body: dict[str, Any] = found.json()
        return body

    async def steps(self, disclosure_id: UUID) -> list[str]:
        statement = "select step from consent.ledger where disclosure_id = :id order by pos"
        return [row.step for row in await rows(self.consent, statement, id=disclosure_id)]

    async def sealed(self) -> list[tuple[UUID, UUID]]:
        """Every envelope with a disclosure that was ever committed."""
        statement = (
            "select envelope_id, disclosure_id from exchange.envelope_items where item_class = 'disclosure'"
            " order by envelope_id"
        )
        return [(row.envelope_id, row.disclosure_id) for row in await rows(self.exchange, statement)]

    async def seal(self) -> None:
        """Everything that is due at the border, with the partner there."""
        for partner in ("TH", "KH"):
            await present(self.exchange, partner)
        await self.exchange.work(hasten=True)

    async def at_rest(self) -> None:
        """Until nobody has anything to do: events both ways, and work at both."""
        for _ in range(3):
            await self.carry()
            await self.consent.work(hasten=False)
            await self.seal()

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Exchange is not there for consent's calls."""
        before = self.consent.service.peers.http
        self.consent.service.peers.http = httpx2.AsyncClient(transport=_refusing())
        try:
            yield
        finally:
            self.consent.service.peers.http = before

    @asynccontextmanager
    async def chains_locked(self) -> AsyncIterator[None]:
        """Somebody holds every chain: a slow disk, a busy recipient. No sealing gets further than that."""
        async with self.exchange.service.database.engine.begin() as conn:
            await conn.execute(text("select 1 from exchange.outgoing_chains for update"))
            yield


def _refusing() -> httpx2.MockTransport:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    return httpx2.MockTransport(refuse)


@dataclass
class Aim:
    """When to withdraw so that it is a race: earlier after each race that the disclosure won, later after the others."""

    chance: random.Random
    seconds: float = 1.0

    def delay(self) -> float:
        return self.chance.uniform(0.5, 1.5) * self.seconds

    def learn(self, *, withdrawn_first: bool) -> None:
        self.seconds *= 1.15 if withdrawn_first else 0.87


@asynccontextmanager
async def one_cell(postgres: Any, files: TrustFiles, directory: Path) -> AsyncIterator[OneCell]:
    keys = keys_in(directory / "keys")
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(peers(keys, "TH"))
        there = await stack.enter_async_context(
            exchange(postgres, files, directory / "exchange", "TH", peer=peer, keys=keys, window=1000)
        )
        there.service.settings.peers["consent"] = "http://consent"
        consent = await stack.enter_async_context(
            running(
                "consent",
                build,
                VERSIONS,
                Settings,
                postgres,
                directory,
                keys=keys,
                peers={"exchange": "http://exchange"},
            )
        )
        mounts = {
            "http://consent": httpx2.ASGITransport(app=consent.service.app, raise_app_exceptions=False),
            "http://exchange": httpx2.ASGITransport(app=there.service.app, raise_app_exceptions=False),
        }
        for harness in (there, consent):
            await harness.service.peers.http.aclose()
            harness.service.peers.http = httpx2.AsyncClient(mounts=mounts, timeout=5, trust_env=False)
        await next(loop for loop in there.service.loops if loop.name == "trust").look()
        cell = OneCell(consent, there, peer)
        await cell.carry()
        await consent.deliver(directory_changed())
        yield cell
