"""Each service once for all tests of a module, on a real PostgreSQL, with somebody who sees every row of it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.testing import Databases
from tests.authorisation.calling import Digests
from tests.authorisation.table import Row
from tests.authorisation.worlds import WORLDS, World
from tests.exchange.world import exchange, files_in, keys_in, peers
from tests.harness import Harness, running

VAULTLESS = ("directory", "referral", "notify", "audit", "console")


@dataclass
class Worlds:
    """Services, each started when the first test asks for it."""

    stack: AsyncExitStack
    databases: Databases
    directory: Path
    started: dict[str, tuple[World, Digests]] = field(default_factory=dict)

    async def of(self, name: str) -> tuple[World, Digests]:
        if name not in self.started:
            world = WORLDS[name](await self._start(name))
            await world.prepare()
            digests = Digests(self.databases.admin_dsn, world.harness)
            self.stack.push_async_callback(digests.close)
            self.started[name] = world, digests
        return self.started[name]

    async def _start(self, name: str) -> Harness:
        directory = self.directory / name
        directory.mkdir()
        if name == "exchange":
            peer = await self.stack.enter_async_context(peers(keys_in(directory / "th"), "TH"))
            files = files_in(directory)
            border = exchange(self.databases, files, directory / "th", "TH", peer=peer, keys=peer.keys)
            return await self.stack.enter_async_context(border)
        app: Any = import_module(f"services.{name}.app")
        settings = import_module(f"services.{name}.settings").Settings
        vault = name not in VAULTLESS
        service = running(name, app.build, app.VERSIONS, settings, self.databases, directory, vault=vault)
        return await self.stack.enter_async_context(service)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worlds(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Worlds]:
    databases = Databases(postgres_dsn)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(databases.drop_all)
        yield Worlds(stack, databases, tmp_path_factory.mktemp("services"))


@pytest_asyncio.fixture(loop_scope="module")
async def world(worlds: Worlds, row: Row) -> World:
    """The service of the row."""
    return (await worlds.of(row.service))[0]


@pytest_asyncio.fixture(loop_scope="module")
async def digests(worlds: Worlds, row: Row) -> Digests:
    return (await worlds.of(row.service))[1]
