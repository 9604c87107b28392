"""A running audit service on a fresh database."""

import pytest

from services.audit.app import VERSIONS, build
from services.audit.settings import Settings
from tests.harness import running


@pytest.fixture
async def audit(postgres, tmp_path):
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        yield harness
