"""Trust files for each test of exchange, and two cells that stand on them."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local.trust import TrustFiles
from services.exchange.trust import Trust
from tests.exchange.two_cells import Cell, two_cells
from tests.exchange.world import files_in, trust_of


@pytest.fixture
def files(tmp_path: Path) -> TrustFiles:
    return files_in(tmp_path)


@pytest.fixture
def trust(files: TrustFiles) -> Trust:
    return trust_of(files, "TH")


@pytest.fixture
async def cells(postgres: Any, files: TrustFiles, tmp_path):
    async with two_cells(postgres, files, tmp_path) as found:
        yield found


@pytest.fixture
def th(cells: list[Cell]) -> Cell:
    return cells[0]


@pytest.fixture
def kh(cells: list[Cell]) -> Cell:
    return cells[1]
