"""Directory on a real PostgreSQL: TH with the directory of these tests, KH with none."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.testing import Databases
from services.directory.app import VERSIONS, build
from services.directory.seeding import seed
from services.directory.settings import Settings
from tests.directory.making import DIRECTORY
from tests.harness import Harness, running


@pytest.fixture
async def th(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    async with running("directory", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        await seed(harness.service, DIRECTORY)
        yield harness


@pytest.fixture
async def kh(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    folder = tmp_path / "kh"
    folder.mkdir()
    async with running(
        "directory", build, VERSIONS, Settings, postgres, folder, cell="KH", vault=False
    ) as harness:
        yield harness
