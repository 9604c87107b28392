"""Two real cells for the journeys: started once for the tests that share them, stopped at the end, nothing left."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from deploy.local.testing import Run


def started(directory: Path, *, processes: bool = False) -> Iterator[Stack]:
    stack = Stack(["TH", "KH"], state=directory / "state", processes=processes)
    asyncio.run(stack.up())
    yield stack
    asyncio.run(stack.down())


@pytest.fixture(scope="session")
def cells_directory(server_run: Run) -> Callable[[], Path]:
    """Makes folders for cells. Not pytest's own: another session closes those to PostgreSQL's user."""
    return lambda: server_run.directory / f"cells-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def stack(cells_directory) -> Iterator[Stack]:
    """TH and KH, one process for each cell."""
    yield from started(cells_directory())


@pytest.fixture
def stack_of_processes(cells_directory) -> Iterator[Stack]:
    """TH and KH, one process for each service."""
    yield from started(cells_directory(), processes=True)


@pytest.fixture
def own_stack(cells_directory) -> Iterator[Stack]:
    """TH and KH for one test alone, which may cut and kill."""
    yield from started(cells_directory())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has all journeys (see JOURNEYS), and each has ten minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(600))
