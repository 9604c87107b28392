"""The names of organisations, for pages on which they stand."""

from collections.abc import Mapping

from services.console.answers import ORGANISATIONS, Organisation, Page
from services.console.asking import Answer, Panel, Voice

MOST, PAGES = 200, 10
"""At most so many pages of a directory are read for their names."""


async def organisations(voice: Voice) -> Panel[Page[Organisation]]:
    """All of the directory, page by page; a name that is missing is shown by its identifier."""
    first = await voice.panel(ORGANISATIONS, query={"limit": MOST})
    items, after = list(first.value.items) if first.value else [], first.value.next if first.value else None
    for _ in range(PAGES - 1):
        if after is None:
            break
        page = (await voice.panel(ORGANISATIONS, query={"limit": MOST, "after": after})).value
        items, after = [*items, *(page.items if page else ())], page.next if page else None
    return first if first.answered is None else Panel(Answer(Page(items=items), ""))


def names_of(panel: Panel[Page[Organisation]]) -> Mapping[str, str]:
    """By identifier; none while the directory does not answer."""
    return {one.id: one.name for one in panel.value.items} if panel.value else {}
