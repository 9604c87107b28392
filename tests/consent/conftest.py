"""The service consent on a real PostgreSQL, knowing an agreement, a directory and one case."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contracts.disclosure import fields_hash
from services.consent.app import VERSIONS, build
from services.consent.settings import Settings
from tests.consent.making import (
    AGENCY,
    ASKED,
    LAWYER,
    SENDER,
    SHELTER,
    age_known,
    agreed,
    agreement_changed,
    answer,
    case_opened,
    directory_changed,
    disclosure_of,
    referral_sent,
)
from tests.harness import Harness, running

SENT = ("cor_FullName", "cor_Needs", "prs_MobilePhone")


@dataclass
class Consent:
    """The running service and the one case that it knows."""

    harness: Harness
    case_id: UUID
    person_id: UUID
    intruder: AsyncEngine
    """Somebody with every right on the database."""

    @property
    def client(self):
        return self.harness.client

    @property
    def worker(self) -> dict[str, str]:
        return self.harness.as_("case_worker", org=SENDER)

    @property
    def supervisor(self) -> dict[str, str]:
        return self.harness.as_("supervisor", org=SENDER)

    async def another_case(self) -> "Consent":
        """The same service with a new case of the same person's."""
        other = replace(self, case_id=uuid4())
        await self.harness.deliver(case_opened(other.case_id, self.person_id))
        await self.harness.deliver(age_known(other.case_id))
        return other

    async def give(self, **changes: Any) -> UUID:
        """Record a given consent as a worker does, and answer its id."""
        path = f"/v1/cases/{self.case_id}/consents"
        response = await self.client.post(path, json=answer(**changes), headers=self.worker)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def renew(self, consent_id: UUID, **changes: Any):
        path = f"/v1/consents/{consent_id}/renew"
        headers = {**self.worker, **await self.seen(consent_id)}
        return await self.client.post(path, json=agreed(**changes), headers=headers)

    async def seen(self, consent_id: UUID) -> dict[str, str]:
        """Read the record, and say so."""
        found = await self.client.get(f"/v1/consents/{consent_id}", headers=self.worker)
        return {"If-Match": found.headers["ETag"]}

    async def withdraw(self, consent_id: UUID):
        return await self.client.post(f"/v1/consents/{consent_id}/withdraw", headers=self.worker)

    async def send(self, **changes: Any) -> UUID:
        """A referral is sent; answers the id of its disclosure."""
        event = referral_sent(self.case_id, **changes)
        await self.harness.deliver(event)
        return disclosure_of(event.referral_id)

    async def token(self, disclosure_id: UUID, **changes: Any):
        body = {"recipient": AGENCY, "revision": 1, "fields_hash": fields_hash(SENT), **changes}
        path = f"/internal/v1/disclosures/{disclosure_id}/seal-token"
        return await self.client.post(path, json=body, headers=self.harness.as_service("exchange"))

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.harness.service.database.engine.connect() as conn:
            return list((await conn.execute(text(statement), parameters)).all())

    async def steps(self, disclosure_id: UUID) -> list[str]:
        """The ledger of a disclosure, oldest first."""
        statement = "select step from consent.ledger where disclosure_id = :id order by pos"
        return [row.step for row in await self.rows(statement, id=disclosure_id)]

    async def said(self, *types: str) -> list[dict[str, Any]]:
        return [body for type_, body in await self.harness.said() if type_ in types]


@pytest.fixture
async def consent(postgres, tmp_path) -> AsyncIterator[Consent]:
    async with running("consent", build, VERSIONS, Settings, postgres, tmp_path) as harness:
        intruder = superuser(postgres.admin_dsn, harness)
        world = Consent(harness, uuid4(), uuid4(), intruder)
        await harness.service.vault.create(world.person_id)
        for event in (
            agreement_changed(),
            directory_changed(),
            case_opened(world.case_id, world.person_id),
            age_known(world.case_id),
        ):
            await harness.deliver(event)
        yield world
        await intruder.dispose()


def superuser(admin_dsn: str, harness: Harness) -> AsyncEngine:
    url = make_url(admin_dsn).set(
        drivername="postgresql+asyncpg", database=harness.service.database.engine.url.database
    )
    return create_async_engine(url)


@pytest.fixture
async def unit(consent) -> Consent:
    """A case with an agreement, a shelter and a lawyer inside the country."""
    for event in (
        agreement_changed(agreement_id="th-th", cells=("TH",), purposes=("protection",), fields=ASKED),
        directory_changed(organisation=SHELTER, cell="TH", role="shelter"),
        directory_changed(organisation=LAWYER, cell="TH", role="legal"),
    ):
        await consent.harness.deliver(event)
    return consent
