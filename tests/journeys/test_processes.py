"""The whole story again with a process for each service, and nothing left running after it."""

import psutil

from corridor.journey import Journey
from corridor.story import CATEGORIES, PERSON


def of_this_stack(stack) -> list[int]:
    """Processes whose command line names the stack's folder: servers, cells and their reapers."""
    mark = str(stack.state)
    return [
        p.pid
        for p in psutil.process_iter(["cmdline"])
        if any(mark in part for part in p.info["cmdline"] or ())
    ]


async def test_a_case_goes_the_whole_way_with_a_process_for_each_service(stack_of_processes):
    async with Journey(stack_of_processes.state) as journey:
        await journey.open_case(PERSON)
        await journey.assign()
        await journey.give_consent(CATEGORIES)
        await journey.draft()
        await journey.preview()
        await journey.send()
        await journey.received()
        await journey.move(journey.kh_worker, "accept")
        await journey.until_state(journey.worker, "accepted")
        await journey.withdraw()
        assert (await journey.until_answered())["code"] == "restricted"
