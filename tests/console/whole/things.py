"""One thing of every kind that a page is about, made through the services themselves; all that may be about one case is about one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text

from contracts.events.access import RecordReadV1
from contracts.events.directory import StaffChangedV1, StaffMember
from services.directory.forms import SeedFile, StaffFile
from services.directory.seeding import seed, seed_staff
from tests.audit.test_api import authorised, given
from tests.consent import making as consenting
from tests.console.browsing import Browser
from tests.console.conftest import ISSUER, ORIGIN
from tests.console.whole.making import MAKERS, noticed
from tests.harness import Harness
from tests.referral.making import LISTED, RECIPIENT, SENDER

DIRECTORY = SeedFile.model_validate(
    {
        "organisations": [
            {
                "id": RECIPIENT, "name": "Lotus", "role": "reintegration",
                "services": {"reintegration": {"name": "Reintegration", "service": "reintegration"}},
            },
            {"id": SENDER, "name": "Care Agency", "role": "coordination"},
            {"id": "th-shelter", "name": "Shelter", "role": "shelter", "services": {"shelter": {"name": "Beds", "service": "shelter"}}},
        ]
    }
)  # fmt: skip
PEOPLE = {
    "th.officer": ("screening_officer", "th-screening-unit"),
    "th.worker": ("case_worker", SENDER),
    "th.supervisor": ("supervisor", SENDER),
    "th.auditor": ("auditor", "th-oversight"),
    "th.operator": ("operator", "th-operations"),
    "th.other-worker": ("case_worker", "th-legal-aid"),
    "th.other-operator": ("operator", "th-operations"),
}
"""Everybody of the cell, with role and organisation."""
OTHERS = {"th.newcomer": ("screening_officer", SENDER), "th.second": ("supervisor", SENDER)}
"""Colleagues who come for nothing else than what a second or third person does."""


@dataclass
class Whole:
    """The cell, and in `made` the identifiers of what was made, by the names that addresses have for them."""

    workplace: Any
    console: Harness
    services: dict[str, Harness]
    app: Any
    made: dict[str, str] = field(default_factory=dict)
    known: dict[str, Browser] = field(default_factory=dict)
    proposals: int = 0
    partners: int = 0
    days: int = 0

    async def as_person(self, name: str) -> Browser:
        """A browser of somebody who is signed in, the same for all who only look; nobody's without a name."""
        if name not in self.known:
            self.known[name] = await self.signed_in(name)
        return self.known[name]

    async def signed_in(self, name: str = "") -> Browser:
        browser = Browser(self.app, ORIGIN)
        if name:
            await browser.sign_in(name)
        return browser

    async def ask(self, name: str, service: str, method: str, path: str, **more: Any) -> Any:
        return (await self._answer(name, service, method, path, **more)).json()

    async def version(self, name: str, service: str, path: str) -> str:
        return (await self._answer(name, service, "GET", path)).headers["ETag"]

    async def _answer(
        self, name: str, service: str, method: str, path: str, seen: str = "*", **more: Any
    ) -> httpx2.Response:
        role, organisation = {**PEOPLE, **OTHERS}[name]
        harness = self.services[service]
        headers = {"If-Match": seen, **harness.as_(role, organisation, name, iss=ISSUER)}
        answer = await harness.client.request(method, path, headers=headers, **more)
        assert answer.is_success, (path, answer.text)
        return answer

    async def facts(self) -> dict[str, int]:
        """How many orders each service has carried out, and how much it has said besides that somebody read."""
        statement = (
            "select (select count(*) from chassis.idempotency) + (select count(*) from chassis.outbox"
            " where type not in ('record.read.v1', 'log.read.v1', 'attempt.refused.v1'))"
        )
        found = {name: (await self.run(name, statement)).scalar_one() for name in self.services}
        return found | {
            "read": (await self.run("notify", "select count(*) from notify.readings")).scalar_one()
        }

    async def run(self, service: str, statement: str, **values: Any) -> Any:
        asked = self.console if service == "console" else self.services[service]
        async with asked.service.database.engine.begin() as conn:
            return await conn.execute(text(statement), values)

    async def fill(self) -> None:
        await self._directory()
        await self._case()
        inside = {"cells": ("TH",), "purposes": (consenting.PURPOSE, "protection")}
        for event in (
            consenting.agreement_changed(),
            consenting.agreement_changed(agreement_id="th-th", **inside),
            consenting.directory_changed(),
            consenting.directory_changed(organisation="th-shelter", cell="TH", role="shelter"),
        ):
            await self.services["consent"].deliver(event)
        for event in LISTED:
            await self.services["referral"].deliver(event)
        for name in MAKERS:
            self.made[name] = await self.make(name)

    async def make(self, name: str) -> str:
        return await MAKERS[name](self)

    async def _directory(self) -> None:
        directory = self.services["directory"].service
        await seed(directory, DIRECTORY)
        operators = {"th.operator": ["operator"], "th.other-operator": ["operator"]}
        await seed_staff(directory, StaffFile.model_validate({"organisations": {"th-operations": operators}}))
        staff = tuple(StaffMember(worker=one, roles=tuple(roles)) for one, roles in operators.items())
        exchange = self.services["exchange"]
        await exchange.deliver(StaffChangedV1(organisation="th-operations", staff=staff))
        await next(loop for loop in exchange.service.loops if loop.name == "trust").look()

    async def _case(self) -> None:
        """One case, of which every service has heard."""
        fields = {"cor_FullName": "Sokhavy", "prs_Birthdate": "1999~", "prs_Gender": "Feminine"}
        self.made["case_id"] = case = await self.workplace.case(fields, flags=["medical_emergency"])
        case_id, person = UUID(case), uuid4()
        for name in ("referral", "audit", "returns", "notify"):
            await self.services[name].grant_access(case_id, SENDER, ("th.worker",))
        for name in ("consent", "returns"):
            await self.services[name].service.vault.create(person)
        for event in (consenting.case_opened(case_id, person), consenting.age_known(case_id)):
            await self.services["consent"].deliver(event)
        note = {"category": "visit", "text": "She would like to telephone."}
        await self.ask("th.worker", "intake", "POST", f"/v1/cases/{case}/notes", json=note)
        task = {"kind": "visit", "text": "Ring", "case_id": case}
        await self.ask("th.worker", "intake", "POST", "/v1/tasks", json=task)
        await noticed(self)
        for event, publisher in (
            (given(case_id), "consent"),
            (authorised(case_id, uuid4()), "consent"),
            (RecordReadV1(case_id=case_id, resource="case-fields", fields=("cor_FullName",)), "intake"),
        ):
            await self.services["audit"].deliver(event, publisher=publisher)

    def free_day(self) -> str:
        """A day on which nobody is away yet."""
        self.days += 1
        return str(datetime.now(UTC).date() + timedelta(days=120 + self.days))
