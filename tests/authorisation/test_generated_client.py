"""The document of every service is good for something: a client is made of it that imports, calls and understands the answer."""

import asyncio
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import SERVICES
from tests.authorisation.actors import PEOPLE, Wallet
from tests.authorisation.conftest import Worlds

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLED = {
    "intake": ("cases.list_cases", "supervisor", "CountedListingListedCase"),
    "consent": ("immediate_protection.list_protections", "supervisor", "ListingListedProtection"),
    "directory": ("directory.list_organisations", "worker", "ListingOrganisationSummary"),
    "referral": ("referrals.list_referrals", "worker", "CountedListingListedReferral"),
    "returns": ("returns.list_returns", "worker", "CountedListingListedReturn"),
    "exchange": ("exchange.list_agreements", "operator", "ListingAgreementView"),
    "notify": ("notify.list_notices", "worker", "ListingNotification"),
    "audit": ("audit.get_chain_head", "auditor", "Head"),
    "interchange": ("imports.get_import", "officer", "ImportView"),
    "console": ("operations.list_failed_work", "operator", "ListingStuckWork"),
}
"""The route that is called of each service, by its tag and its operationId, who calls it, and what is answered."""

MADE = {"interchange": "imported"}
"""What has to be there first, where something is; its identifiers are in the path."""


PAPERS = {"application/pdf": "application/octet-stream"}
"""The generator knows bytes by this type alone; `docs/api.md` says so."""


def generated(document: Path, package: Path) -> Any:
    """The client's package, imported whole. Anything that the generator warns of fails."""
    from openapi_python_client import generate
    from openapi_python_client.config import Config, ConfigFile, MetaType

    settings = Config.from_sources(
        ConfigFile(post_hooks=[], content_type_overrides=PAPERS),
        MetaType.NONE,
        document_source=document,
        file_encoding="utf-8",
        overwrite=True,
        output_path=package,
    )
    assert [f"{error.header}: {error.detail}" for error in generate(config=settings)] == []
    found = importlib.import_module(package.name)
    for module in pkgutil.walk_packages(found.__path__, f"{package.name}."):
        importlib.import_module(module.name)
    return found


@pytest.mark.parametrize("name", SERVICES)
async def test_a_client_is_generated_without_a_warning_and_calls_the_service(
    worlds: Worlds, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx  # the generated client stands on it, and nothing of ours does

    world = (await worlds.of(name))[0]
    harness = world.harness
    document = tmp_path / "openapi.json"
    document.write_bytes((await harness.client.get("/openapi.json")).content)
    monkeypatch.syspath_prepend(tmp_path)
    package = await asyncio.to_thread(generated, document, tmp_path / f"client_of_{name}")
    route, kind, answered = CALLED[name]
    operation = importlib.import_module(f"{package.__name__}.api.{route}")
    client = package.AuthenticatedClient(
        base_url="http://service",
        token=Wallet(harness).signed(kind),
        httpx_args={"transport": httpx.ASGITransport(app=harness.service.app)},
    )
    made = await getattr(world, MADE[name])() if name in MADE else {}
    answer = await operation.asyncio_detailed(**made, client=client, corridor_purpose=PEOPLE[kind].purpose)
    assert (answer.status_code, type(answer.parsed).__name__) == (200, answered)


async def test_a_route_of_every_service_is_called() -> None:
    assert set(CALLED) == set(SERVICES)
