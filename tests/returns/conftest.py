"""Returns on a real PostgreSQL with a real vault: TH where she leaves, KH where she arrives."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.testing import Databases
from services.returns.app import VERSIONS, build
from services.returns.settings import Settings
from tests.harness import Harness, running


@pytest.fixture
async def th(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    async with running("returns", build, VERSIONS, Settings, postgres, tmp_path) as harness:
        yield harness


@pytest.fixture
async def kh(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    directory = tmp_path / "kh"
    directory.mkdir()
    async with running(
        "returns", build, VERSIONS, Settings, postgres, directory, cell="KH", vault=False
    ) as harness:
        yield harness
