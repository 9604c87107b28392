"""A whole cell behind the console, with something of every kind in it."""

import json
from contextlib import AsyncExitStack
from importlib import import_module
from threading import Thread

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from contracts import base64url
from deploy.local.testing import Databases
from services.console import app as console
from services.console.settings import Settings
from tests.console.conftest import ISSUER, ORIGIN, SIGNING_IN, a_workplace
from tests.console.test_referrals import PREVIEW
from tests.console.whole.things import BORDER, Whole
from tests.harness import running
from tests.journeys.canaries.conftest import Spans

VAULTED = {"consent": True, "referral": False, "returns": True, "notify": False, "interchange": True}
"""The services that the workplace has not, and whether they have a vault."""
PEERS = {"referral": {"consent": "http://consent.test"}, "interchange": {"intake": "http://intake"}}


async def _border(request) -> JSONResponse:
    """In the place of exchange, to whom exchange answers it."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    roles = json.loads(base64url.decode(token.split(".")[1]))["roles"]
    if not {"case_worker", "supervisor", "auditor", "operator"} & set(roles):
        return JSONResponse({}, 403)
    return JSONResponse({"items": BORDER[request.path_params["what"]], "next": None})


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
            peers = {"peers": PEERS[name]} if name in PEERS else {}
            services[name] = await stack.enter_async_context(
                running(name, app.build, app.VERSIONS, settings.Settings, databases, folder, vault=vault, **own, **peers)
            )  # fmt: skip
        services["referral"].service.peers.http = httpx2.AsyncClient(
            transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=PREVIEW))
        )
        inner = httpx2.ASGITransport(app=workplace.intake.service.app, raise_app_exceptions=False)
        services["interchange"].service.peers.http = httpx2.AsyncClient(transport=inner)
        reached = {name: f"{ORIGIN}/{name}" for name in (*services, "exchange")}
        endpoint = f"http://127.0.0.1:{spans.server_port}/"
        pages = await stack.enter_async_context(
            running("console", console.build, console.VERSIONS, Settings, databases, folder, vault=False, peers=reached, otlp_endpoint=endpoint, **own | SIGNING_IN)
        )  # fmt: skip
        mounts = [Mount(f"/{name}", one.service.app) for name, one in {**services, "console": pages}.items()]
        exchange = Mount("/exchange", Starlette(routes=[Route("/v1/{what}", _border)]))
        app = Starlette(routes=[exchange, *mounts, Mount("/", workplace.app)])
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        network = {"all://127.0.0.1": httpx2.AsyncHTTPTransport()}
        pages.service.peers.http = httpx2.AsyncClient(transport=transport, mounts=network)
        made = Whole(workplace, pages, services, app)
        await made.fill()
        yield made
