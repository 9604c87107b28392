"""Referral on a real PostgreSQL: TH as the sender's cell, KH as the receiver's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.testing import Databases
from services.referral.app import VERSIONS, build
from services.referral.settings import Settings
from tests.harness import Harness, running
from tests.referral.making import LISTED


@pytest.fixture
async def th(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    async with running("referral", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        for event in LISTED:
            await harness.deliver(event)
        yield harness


@pytest.fixture
async def kh(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    directory = tmp_path / "kh"
    directory.mkdir()
    async with running(
        "referral", build, VERSIONS, Settings, postgres, directory, cell="KH", vault=False
    ) as harness:
        yield harness
