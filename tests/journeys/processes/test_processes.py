"""The way of a case again with a process for each service."""

import pytest

from corridor.journey import Journey
from tests.journeys.steps import referred


@pytest.mark.timeout(600)  # sixteen processes start on two cores, beside another test
async def test_a_case_goes_the_whole_way_with_a_process_for_each_service(stack_of_processes):
    async with Journey(stack_of_processes.state) as journey:
        await referred(journey)
        await journey.move(journey.their_worker, "accept")
        await journey.until_state(journey.worker, "accepted")
        await journey.withdraw()
        assert (await journey.until_answered())["code"] == "restricted"
