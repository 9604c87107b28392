"""The names of organisations, for pages on which they stand."""

from collections.abc import Mapping

from services.console.answers import ORGANISATIONS, Organisation, Page
from services.console.asking import Panel, Voice

MOST = 200


async def organisations(voice: Voice) -> Panel[Page[Organisation]]:
    return await voice.panel(ORGANISATIONS, query={"limit": MOST})


def names_of(panel: Panel[Page[Organisation]]) -> Mapping[str, str]:
    """By identifier; none while the directory does not answer."""
    return {one.id: one.name for one in panel.value.items} if panel.value else {}
