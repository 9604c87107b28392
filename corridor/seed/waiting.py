"""The waiting of the seed for what comes by itself: it looks soon at first, and then ever less often, because each look costs the stack as much as a deed."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from corridor.journey import eventually

PATIENCE_S = 60.0
FIRST_S, LONGEST_S = 0.25, 2.0


def pauses() -> Iterator[float]:
    """The pauses between looks, each twice the one before."""
    return (min(LONGEST_S, FIRST_S * 2**n) for n in itertools.count())


async def patiently(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Look until there is something. Raises TooSlowError."""
    return await eventually(look, what, PATIENCE_S, pauses())
