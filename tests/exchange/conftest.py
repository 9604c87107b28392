"""Trust files for each test of exchange."""

from pathlib import Path

import pytest

from deploy.local.trust import TrustFiles
from services.exchange.trust import Trust
from tests.exchange.world import files_in, trust_of


@pytest.fixture
def files(tmp_path: Path) -> TrustFiles:
    return files_in(tmp_path)


@pytest.fixture
def trust(files: TrustFiles) -> Trust:
    return trust_of(files, "TH")
