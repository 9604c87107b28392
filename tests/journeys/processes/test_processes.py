"""The way of a case again with a process for each service."""

import json

import psutil
import pytest

from contracts.catalogue import SERVICES
from corridor.journey import Journey
from tests.journeys.processes.versions import MIXED
from tests.journeys.steps import referred


@pytest.mark.timeout(600)  # sixteen processes start on two cores, beside another test
async def test_a_case_goes_the_whole_way_with_a_process_for_each_service(stack_of_processes):
    async with Journey(stack_of_processes.state) as journey:
        await referred(journey)
        await journey.move(journey.their_worker, "accept")
        await journey.until_state(journey.worker, "accepted")
        await journey.withdraw()
        assert (await journey.until_answered())["code"] == "restricted"


def test_the_services_of_a_cell_are_forks_of_one_process(stack_of_processes):
    """So that they share what they import. Those that the upgrade brought one by one began by themselves."""
    place = stack_of_processes.state / "th"
    pids = [
        json.loads((place / name / "server.json").read_text())["pid"]
        for name in SERVICES
        if name not in MIXED
    ]
    [parent] = {psutil.Process(pid).ppid() for pid in pids}
    assert psutil.Process(parent).cmdline()[1:] == ["-m", "deploy.local.nursery"]
