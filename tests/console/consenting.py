"""The service consent beside the workplace, and her way through the steps of being asked."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI

from contracts.events.exchange import EnvelopeDeliveredV1
from services.consent import app as consent
from services.consent.settings import Settings
from tests.consent.making import (
    AGENCY,
    ASKED,
    PURPOSE,
    SHELTER,
    age_known,
    agreement_changed,
    case_opened,
    directory_changed,
    disclosure_of,
    referral_sent,
)
from tests.console.browsing import Browser
from tests.harness import Harness, running
from tests.listing import ORGANISATIONS

CANARY = "Kanarie-Zeugin"
WHAT = {"recipients": [AGENCY, "kh-shelter"], "purposes": [PURPOSE], "categories": ["identity", "needs"]}
STEPS = (
    WHAT,
    {"notice_language": "km"},
    {"risks_explained": "yes", "decision": "given"},
    {"capacity": "self", "method": "spoken-before-witness", "witness": CANARY},
    {"period": "90", "back_categories": ["outcome"], "withdrawal_method": "tell-any-worker"},
)


@dataclass
class Consents:
    """The service consent beside the workplace."""

    workplace: object
    harness: Harness
    issuer: str
    persons: dict[str, UUID] = field(default_factory=dict)

    async def case(self, age_group="adult", fields=None) -> str:
        case, person = await self.workplace.case(fields), uuid4()
        self.persons[case] = person
        await self.harness.service.vault.create(person)
        for event in (case_opened(UUID(case), person), age_known(UUID(case), age_group)):
            await self.harness.deliver(event)
        return case

    async def recorded(self, case: str) -> list[dict]:
        """The consents of a case, as the service has them."""
        who = self.harness.as_("case_worker", sub="th.worker", org="th-care-agency", iss=self.issuer)
        return (await self.harness.client.get(f"/v1/cases/{case}/consents", headers=who)).json()["items"]

    async def told(self, case: str) -> UUID:
        """Somebody is told under her consent: a disclosure that was delivered."""
        referral = uuid4()
        disclosure = disclosure_of(referral)
        await self.harness.deliver(referral_sent(UUID(case), referral))
        delivered = EnvelopeDeliveredV1(
            case_id=UUID(case),
            item_id=disclosure,
            item_class="disclosure",
            disclosure_id=disclosure,
            recipient_cell="KH",
            at=datetime.now(UTC),
        )
        await self.harness.deliver(delivered)
        return disclosure


def directory() -> FastAPI:
    """The list of organisations, as the service directory answers it."""
    app = FastAPI()

    @app.get("/v1/organisations")
    def organisations(cell: str = "", name: str = "") -> dict[str, object]:
        known = {"status": "active", "suspended": False, "version": 1, "services": ["shelter"]}
        items = [
            {"id": one, "cell": one[:2].upper(), "role": role, "name": f"Lotus {one} <b>", **known}
            for one, (role, _) in ORGANISATIONS.items()
            if one[:2].upper().startswith(cell) and name in f"Lotus {one} <b>"
        ]
        return {"items": items, "next": None}

    return app


@asynccontextmanager
async def reached(workplace, **apps):
    """The console reaches these services too."""
    settings, peers = workplace.console.service.settings.peers, workplace.console.service.peers
    before, http = dict(settings), peers.http
    settings |= {name: f"https://{name}.test" for name in apps}
    mounts = {
        f"all://{name}.test": httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        for name, app in apps.items()
    }
    peers.http = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=workplace.app, raise_app_exceptions=False), mounts=mounts
    )
    try:
        yield
    finally:
        settings.clear()
        settings |= before
        peers.http = http


@asynccontextmanager
async def consents_beside(workplace, issuer, databases, folder):
    own = {"keys": workplace.console.keys, "issuer": issuer}
    async with (
        running("consent", consent.build, consent.VERSIONS, Settings, databases, folder, **own) as harness,
        reached(workplace, consent=harness.service.app, directory=directory()),
    ):
        for event in (
            agreement_changed(),
            agreement_changed(
                agreement_id="th-th",
                cells=("TH",),
                purposes=("protection", PURPOSE, "case-management"),
                fields=ASKED,
            ),
            directory_changed(organisation=SHELTER, cell="TH", role="shelter"),
            directory_changed(),
        ):
            await harness.deliver(event)
        yield Consents(workplace, harness, issuer)


async def begun(consents, case=None, who="th.worker", verb="record_consent"):
    case, browser = case or await consents.case(), consents.workplace.browser()
    await browser.sign_in(who)
    page = await browser.get(f"/console/cases/{case}/{verb}")
    assert page.status == 200, page.text
    return case, browser, page


async def gone(browser: Browser, page, *steps, verb="record_consent", **more):
    """Through these steps, by the button that goes on."""
    for step in steps:
        page = await browser.send(page.form(verb), **{**step, **more})
        assert page.status == 200, page.text
    return page


async def saved(consents, case=None):
    case, browser, page = await begun(consents, case)
    page = await browser.send((await gone(browser, page, *STEPS)).form("record_consent"))
    assert "What she answered was saved." in page.text, page.text
    return case, browser, page
