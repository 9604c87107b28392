"""Two cells with a process for each service, first for a whole way, then for the drill, which destroys one of them."""

import asyncio
from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack


@pytest.fixture(scope="package")
def stack_of_processes(cells_directory) -> Iterator[Stack]:
    stack = Stack(["TH", "KH"], state=cells_directory() / "state", processes=True)
    asyncio.run(stack.up())
    yield stack
    asyncio.run(stack.down())
