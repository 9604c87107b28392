"""A whole cell behind the console, with something of every kind in it."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from contracts.internal import HELD_BY
from deploy.local.testing import Databases
from services.console import app as console
from services.console.settings import Settings
from tests.console.conftest import ISSUER, ORIGIN, SIGNING_IN, a_workplace
from tests.console.test_referrals import PREVIEW
from tests.console.whole.things import Whole
from tests.exchange.world import files_in
from tests.harness import Harness, running
from tests.journeys.canaries.conftest import Spans

VAULTED = {
    "consent": True,
    "referral": False,
    "returns": True,
    "notify": False,
    "interchange": True,
    "exchange": True,
}
"""The services that the workplace has not, and whether they have a vault."""
PEERS = {"referral": {"consent": "http://consent.test"}, "interchange": {"intake": "http://intake"}}
AWAY = {"bootstrap": "127.0.0.1:1"}


def own_settings(name: str, folder: Path) -> dict[str, Any]:
    """What one service is told besides what all are told."""
    peers = {"peers": PEERS[name]} if name in PEERS else {}
    if name != "exchange":
        return peers
    return {**files_in(folder).settings("TH"), "partners": {"TH": AWAY, "KH": AWAY}}


def asking(services: Mapping[str, Harness]) -> httpx2.AsyncClient:
    """The way from a service to these others."""
    inside = {name: httpx2.ASGITransport(app=one.service.app) for name, one in services.items()}
    return httpx2.AsyncClient(mounts={f"all://{name}": transport for name, transport in inside.items()})


@pytest.fixture(scope="package")
def spans():
    server = Spans()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def workplace(postgres_dsn, tmp_path_factory):
    """One of its own: what other tests left in the lists of theirs would be on every page."""
    async with a_workplace(postgres_dsn, tmp_path_factory) as made:
        yield made


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def whole(workplace, postgres_dsn, tmp_path_factory, spans):
    databases, folder = Databases(postgres_dsn), tmp_path_factory.mktemp("whole")
    services = {one.service.name: one for one in (workplace.intake, workplace.audit, workplace.directory)}
    own = {"keys": workplace.console.keys, "issuer": ISSUER}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(databases.drop_all)
        for name, vault in VAULTED.items():
            app, settings = (import_module(f"services.{name}.{part}") for part in ("app", "settings"))
            told = own_settings(name, folder)
            services[name] = await stack.enter_async_context(
                running(name, app.build, app.VERSIONS, settings.Settings, databases, folder, vault=vault, **own, **told)
            )  # fmt: skip
        services["referral"].service.peers.http = httpx2.AsyncClient(
            transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=PREVIEW))
        )
        for name in ("intake", "interchange"):
            services[name].service.peers.http = asking(services)
        workplace.intake.service.settings.peers.update({name: f"http://{name}" for name in HELD_BY})
        reached = {name: f"{ORIGIN}/{name}" for name in services}
        endpoint = f"http://127.0.0.1:{spans.server_port}/"
        pages = await stack.enter_async_context(
            running("console", console.build, console.VERSIONS, Settings, databases, folder, vault=False, peers=reached, otlp_endpoint=endpoint, **own | SIGNING_IN)
        )  # fmt: skip
        mounts = [Mount(f"/{name}", one.service.app) for name, one in {**services, "console": pages}.items()]
        app = Starlette(routes=[*mounts, Mount("/", workplace.app)])
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        network = {"all://127.0.0.1": httpx2.AsyncHTTPTransport()}
        pages.service.peers.http = httpx2.AsyncClient(transport=transport, mounts=network)
        made = Whole(workplace, pages, services, app)
        await made.fill()
        yield made
