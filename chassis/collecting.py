"""When Python looks for garbage: seldom, for what a service makes lives as long as the service or dies at once.

By Python's own thresholds it would take a third of a consumer's batch, and a sixth of a service's start: what imports make
is no garbage either.
"""

import gc
from functools import cache

THRESHOLDS = (50_000, 50, 100)


def keep() -> None:
    """Whatever there is now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()


@cache
def keep_once() -> None:
    """The same, the first time that a process asks for it."""
    keep()


gc.set_threshold(*THRESHOLDS)
