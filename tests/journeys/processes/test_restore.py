"""The drill: a cell backed up under load, destroyed and made again; nothing lost, nothing doubled against its partner."""

import asyncio
import os
import shutil
from base64 import b64encode

import pytest

from corridor.client import Person
from corridor.journey import Journey, eventually
from deploy.local.stack import Stack
from tests.journeys.canaries.test_canaries import erase
from tests.journeys.processes.load import Load, incoming, parked, resumed, under_load
from tests.journeys.steps import drafted, referred
from tests.journeys.test_command import corridor

BEFORE, AFTER = 3, 2


async def load_and_back_up(stack: Stack, file: str, key: str) -> tuple[list[Journey], Journey, Journey]:
    """The referrals that were answered before the backup began, one that she withdrew just then, and the case of somebody who
    is erased after it.
    """
    load = Load(stack)
    async with under_load(load):
        await load.until(BEFORE)
        async with Journey(stack.state) as withdrawn:
            await referred(withdrawn)
            known = list(load.sent)
            await withdrawn.withdraw()
        async with Journey(stack.state) as erased:
            await drafted(erased)
        done = await asyncio.to_thread(corridor, stack.state, "backup", "TH", file, "--key", key)
        assert done.returncode == 0, done.stdout + done.stderr
        await erase(stack, erased.case)
        await load.until(len(load.sent) + AFTER)  # the partner has these, and the backup has not
    return known, withdrawn, erased


async def stays_erased(stack: Stack, case: str) -> None:
    """The backup had her; the ledger, which stands beside it, has her key among the destroyed ones."""
    async with Person("th.worker", stack.state) as worker:

        async def gone() -> bool | None:
            shown = await worker.get(f"/intake/v1/cases/{case}")
            asked = await worker.get(f"/consent/v1/cases/{case}/consents")
            states = {one["state"] for one in asked["items"]}
            return True if (shown["state"], states, asked["moves"]) == ("erased", {"withdrawn"}, []) else None

        await eventually(gone, "that who was erased is erased again")
        fields = await worker.look(f"/intake/v1/cases/{case}/fields")
    assert fields.get("fields", {}) == {}


@pytest.fixture
def key(tmp_path) -> str:
    file = tmp_path / "key"
    file.write_text(b64encode(os.urandom(32)).decode())
    return str(file)


async def test_a_cell_that_was_backed_up_under_load_and_destroyed_loses_and_doubles_nothing(
    stack_of_processes, key, tmp_path
):
    state, file = stack_of_processes.state, str(tmp_path / "th.backup")
    try:
        known, withdrawn, erased = await load_and_back_up(stack_of_processes, file, key)
    finally:
        await stack_of_processes.down()
    assert len(known) >= BEFORE
    shutil.rmtree(state / "th")
    shutil.rmtree(state / "border" / "keys" / "TH")
    made = corridor(state, "restore", "TH", file, "--key", key)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "erasures in its ledger: 1;" in made.stdout
    second = Stack(["TH", "KH"], state=state)
    await second.up()
    try:
        await stays_erased(second, erased.case)
        await is_whole(second, known, withdrawn)
    finally:
        await second.down()


async def is_whole(stack: Stack, known: list[Journey], withdrawn: Journey) -> None:
    for (
        journey
    ) in known:  # each arrives, though its envelope may have been sealed after the backup, or before
        async with await resumed(stack, journey) as again:
            await again.received()
    async with await resumed(stack, withdrawn) as again:
        await again.until_answered()
    async with Journey(stack.state) as new:  # the border works on, in both directions
        await referred(new)
        await new.move(new.their_worker, "accept")
        await new.until_state(new.worker, "accepted")
        await new.withdraw()
        await new.until_answered()
    arrived = await incoming(stack)
    assert [count for count in arrived.values() if count != 1] == []
    assert {journey.referral for journey in known} <= set(arrived)
    assert await parked(stack) == []
    assert "whole; head" in corridor(stack.state, "verify", "TH").stdout
    await no_gaps(stack)


async def no_gaps(stack: Stack) -> None:
    """The numbers that were passed over are asked for, and voided."""

    async def closed() -> bool | None:
        found = []
        for cell in stack.cells:
            async with Person(f"{cell.lower()}.operator", stack.state) as operator:
                found += [one["gaps"] for one in (await operator.get("/exchange/v1/partners"))["items"]]
        return None if any(found) else True

    await eventually(closed, "the end of every gap", patience=120)
