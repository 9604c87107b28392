"""Intake on a real PostgreSQL, with a vault."""

from collections.abc import AsyncIterator

import pytest

from services.intake.app import VERSIONS, build
from services.intake.settings import Settings
from tests.harness import Harness, running


@pytest.fixture
async def intake(postgres, tmp_path) -> AsyncIterator[Harness]:
    async with running("intake", build, VERSIONS, Settings, postgres, tmp_path) as harness:
        yield harness
