"""Two cells, one of them with a process for each service: brought here from the version before, then a whole way, then the drill, which
destroys one of them.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from corridor.journey import Journey
from deploy.local.stack import Stack
from tests.journeys.processes import versions
from tests.journeys.processes.load import Load, under_load
from tests.journeys.steps import referred

FIRST, MEANWHILE = 2, 1


@dataclass(frozen=True)
class Upgrade:
    """Two cells that were upgraded one after the other while referrals were sent, and what was sent."""

    stack: Stack
    sent: list[Journey]
    withdrawn: Journey


@pytest.fixture(scope="package")
def upgraded(cells_directory) -> Iterator[Upgrade]:
    if versions.is_shallow():
        pytest.skip("this clone is shallow: it has not the history in which the version before is")
    directory = cells_directory()
    directory.mkdir(parents=True)
    before = versions.unpacked(directory / "before")
    stack = versions.VersionStack(["TH", "KH"], "TH", state=directory / "state", before=before)
    asyncio.run(stack.up())
    try:
        yield asyncio.run(_upgraded(stack))
    finally:
        asyncio.run(stack.down())


async def _upgraded(stack: versions.VersionStack) -> Upgrade:
    load = Load(stack, interrupted=True)
    async with under_load(load):
        await load.until(FIRST)
        async with Journey(stack.state) as withdrawn:
            await referred(withdrawn)
            await stack.upgrade(stack.cells["TH"])
            await load.until(len(load.sent) + MEANWHILE)  # one country is ahead of the other
            await withdrawn.withdraw()
        await stack.upgrade(stack.cells["KH"])
        await load.until(len(load.sent) + MEANWHILE)
    return Upgrade(stack, load.sent, withdrawn)


@pytest.fixture(scope="package")
def stack_of_processes(request: pytest.FixtureRequest, cells_directory) -> Iterator[Stack]:
    if not versions.is_shallow():
        yield request.getfixturevalue("upgraded").stack
        return
    stack = Stack(["TH", "KH"], state=cells_directory() / "state", processes=True)
    asyncio.run(stack.up())
    yield stack
    asyncio.run(stack.down())
