"""Two real cells for the journeys: started once for the tests that share them, stopped at the end, nothing left."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack


def started(directory: Path, *, processes: bool = False) -> Iterator[Stack]:
    stack = Stack(["TH", "KH"], state=directory / "state", processes=processes)
    asyncio.run(stack.up())
    yield stack
    asyncio.run(stack.down())


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Iterator[Stack]:
    """TH and KH, one process for each cell."""
    yield from started(tmp_path_factory.mktemp("cells"))


@pytest.fixture
def stack_of_processes(tmp_path) -> Iterator[Stack]:
    """TH and KH, one process for each service."""
    yield from started(tmp_path, processes=True)


@pytest.fixture
def own_stack(tmp_path) -> Iterator[Stack]:
    """TH and KH for one test alone, which may cut and kill."""
    yield from started(tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys run one after another on one worker: they share the cells, and two cells fill two cores."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("journeys"))
            item.add_marker(pytest.mark.timeout(600))
