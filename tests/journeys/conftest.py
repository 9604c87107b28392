"""Two real cells for the journeys: started once for the tests that share them, stopped at the end, nothing left."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from deploy.local.testing import Run

HERE = Path(__file__).parent
SHARED = pytest.StashKey[Stack | None]()


@pytest.fixture(scope="session")
def cells_directory(server_run: Run) -> Callable[[], Path]:
    """Makes folders for cells. Not pytest's own: another session closes those to PostgreSQL's user."""
    return lambda: server_run.directory / f"cells-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def stack(cells_directory, pytestconfig: pytest.Config) -> Iterator[Stack]:
    """TH and KH, one process for each cell, until the last journey is over."""
    stack = Stack(["TH", "KH"], state=cells_directory() / "state")
    pytestconfig.stash[SHARED] = stack
    asyncio.run(stack.up())
    yield stack
    _down(pytestconfig)


def _down(config: pytest.Config) -> None:
    stack = config.stash.get(SHARED, None)
    if stack is not None:
        config.stash[SHARED] = None
        asyncio.run(stack.down())


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Two idle countries would take a third of the machine from the tests that follow."""
    if HERE in item.path.parents and (nextitem is None or HERE not in nextitem.path.parents):
        _down(item.config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has them (see JOURNEYS), and each has ten minutes."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(600))
