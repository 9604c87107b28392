"""The first steps of the story, as most journeys begin."""

from corridor.journey import Journey
from corridor.story import CATEGORIES, PERSON


async def drafted(journey: Journey, categories: tuple[str, ...] = CATEGORIES) -> None:
    """A case that is opened, consented and drafted, and whose preview was seen."""
    await journey.open_case(PERSON)
    await journey.give_consent(categories)
    await journey.draft()
    await journey.preview()


async def referred(journey: Journey, categories: tuple[str, ...] = CATEGORIES) -> None:
    """The same, sent and received."""
    await drafted(journey, categories)
    await journey.send()
    await journey.received()
