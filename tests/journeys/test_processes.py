"""The way of a case again with a process for each service."""

from corridor.journey import Journey
from corridor.story import CATEGORIES, PERSON


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
