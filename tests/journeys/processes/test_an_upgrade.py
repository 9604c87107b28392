"""A cell is upgraded while it is used, service by service, and its partner after it: nothing is lost and nothing doubled."""

from corridor.client import Person
from corridor.verifying import verified
from tests.journeys.processes.conftest import Upgrade
from tests.journeys.processes.load import incoming, parked, resumed


async def test_both_cells_are_brought_from_the_version_before_under_load_and_nothing_is_lost_or_doubled(
    upgraded: Upgrade,
):
    for journey in upgraded.sent:
        async with await resumed(upgraded.stack, journey) as again:
            await again.received()
    async with await resumed(upgraded.stack, upgraded.withdrawn) as again:
        assert (await again.until_answered())["code"] == "erased"
    arrived = await incoming(upgraded.stack)
    assert [count for count in arrived.values() if count != 1] == []
    assert {journey.referral for journey in upgraded.sent} <= set(arrived)
    assert await parked(upgraded.stack) == []
    for cell in upgraded.stack.cells:
        async with Person(f"{cell.lower()}.auditor", upgraded.stack.state) as auditor:
            assert (await verified(auditor))["state"] == "whole"
