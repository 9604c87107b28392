"""A workplace: the console, intake, audit and the directory on their databases, and the local issuer, behind one front. The other
services are away.
"""

import json
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest_asyncio

from corridor.front import front
from deploy.local.cell import write_secret
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.testing import Databases
from services.audit import app as audit
from services.audit.settings import Settings as AuditSettings
from services.console import app as console
from services.console.settings import Settings
from services.directory import app as directory
from services.directory.settings import Settings as DirectorySettings
from services.intake import app as intake
from services.intake.settings import Settings as IntakeSettings
from tests.console.browsing import Browser
from tests.console.consenting import consents_beside
from tests.harness import Harness, Keys, running

ORIGIN = "https://workplace.test"
ISSUER, CONSOLE = f"{ORIGIN}/issuer", f"{ORIGIN}/console"
SIGNING_IN = {
    "public_url": CONSOLE,
    "sign_in_url": f"{ISSUER}/authorize",
    "sign_out_url": f"{ISSUER}/sign-out",
    "token_url": f"{ISSUER}/token",
    "revocation_url": f"{ISSUER}/revoke",
    "issuer": ISSUER,
}


@dataclass
class Workplace:
    console: Harness
    intake: Harness
    audit: Harness
    directory: Harness
    app: object

    def browser(self) -> Browser:
        return Browser(self.app, ORIGIN)

    async def case(self, fields=None, workers=("th.worker",), **more) -> str:
        """A case of the care agency."""
        who = {"org": "th-care-agency", "sub": "th.supervisor", "iss": ISSUER}
        supervisor = self.intake.as_("supervisor", **who)
        form = {"channel": "agency", "fields": fields or {}, **more}
        made = await self.intake.client.post("/v1/cases", json=form, headers=supervisor)
        assert made.status_code == 201, made.text
        case_id = made.json()["id"]
        assigned = await self.intake.client.post(
            f"/v1/cases/{case_id}/assignment",
            json={"organisation": "th-care-agency", "workers": list(workers)},
            headers={**supervisor, "If-Match": "*"},
        )
        assert assigned.status_code == 200, assigned.text
        return case_id


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def workplace(postgres_dsn, tmp_path_factory):
    async with a_workplace(postgres_dsn, tmp_path_factory) as made:
        yield made


@asynccontextmanager
async def a_workplace(postgres_dsn, tmp_path_factory):
    """The console with intake, audit and the directory, and nobody's case in it yet."""
    databases, folder = Databases(postgres_dsn), tmp_path_factory.mktemp("workplace")
    keys = Keys(folder)
    keys.write()
    write_secret(folder / "issuer.jwk.json", json.dumps(keys.issuer.as_dict(private=True)))
    people = load_people("TH")
    issuer = build_issuer(folder / "issuer.jwk.json", ISSUER, people, console=CONSOLE)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(databases.drop_all)
        peers = {name: f"{ORIGIN}/{name}" for name in ("intake", "consent", "audit", "directory")}
        own = {"keys": keys, "issuer": ISSUER}
        cases = await stack.enter_async_context(
            running("intake", intake.build, intake.VERSIONS, IntakeSettings, databases, folder, **own)
        )
        log = await stack.enter_async_context(
            running(
                "audit", audit.build, audit.VERSIONS, AuditSettings, databases, folder, vault=False, **own
            )
        )
        known = await stack.enter_async_context(
            running("directory", directory.build, directory.VERSIONS, DirectorySettings, databases, folder, vault=False, **own)
        )  # fmt: skip
        settings = {**SIGNING_IN, "peers": peers, "keys": keys, "vault": False}
        pages = await stack.enter_async_context(
            running("console", console.build, console.VERSIONS, Settings, databases, folder, **settings)
        )
        app = front("TH", {one.service.name: one.service.app for one in (cases, log, known, pages)}, issuer)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        pages.service.peers.http = httpx2.AsyncClient(transport=transport)
        yield Workplace(pages, cases, log, known, app)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def consents(workplace, postgres_dsn, tmp_path_factory):
    """The workplace with the service consent beside it."""
    databases = Databases(postgres_dsn)
    async with consents_beside(workplace, ISSUER, databases, tmp_path_factory.mktemp("consents")) as beside:
        yield beside
    await databases.drop_all()
