"""Interchange on a real PostgreSQL, with the intake of the same cell behind it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.testing import Databases
from services.intake.app import VERSIONS as INTAKE
from services.intake.app import build as build_intake
from services.intake.settings import Settings as IntakeSettings
from services.interchange.app import VERSIONS, build
from services.interchange.settings import Settings
from tests.harness import Harness, running


@pytest.fixture
async def intake(postgres: Databases, tmp_path: Path) -> AsyncIterator[Harness]:
    async with running("intake", build_intake, INTAKE, IntakeSettings, postgres, tmp_path) as harness:
        yield harness


@pytest.fixture
async def files(postgres: Databases, tmp_path: Path, intake: Harness) -> AsyncIterator[Harness]:
    peers: Any = {"intake": "http://intake"}
    async with running(
        "interchange", build, VERSIONS, Settings, postgres, tmp_path, keys=intake.keys, peers=peers
    ) as harness:
        await harness.service.peers.http.aclose()
        transport = httpx2.ASGITransport(app=intake.service.app, raise_app_exceptions=False)
        harness.service.peers.http = httpx2.AsyncClient(transport=transport)
        yield harness
