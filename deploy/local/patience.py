"""The time to wait for something that comes by itself: for as long as it moves, and longer on a busy machine.

CORRIDOR_PATIENCE_S (default 60) is for how many seconds nothing may move on an idle machine. A busy one is given more
in proportion to its load. A thing that moves for ever and never arrives is given up after TALK times as long.
"""

import os
import time
from collections.abc import Callable
from typing import Any

TALK = 10


def patience_s() -> float:
    return float(os.environ.get("CORRIDOR_PATIENCE_S", "60"))


def stretched(seconds: float) -> float:
    """So many seconds of an idle machine, on this one as it is now."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Patience:
    """A patience that begins when it is made. `moved` returns anything that changes as long as there is progress."""

    def __init__(
        self,
        moved: Callable[[], Any] = lambda: None,
        quiet_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._moved, self._clock = moved, clock
        self._quiet_s = patience_s() if quiet_s is None else quiet_s
        self._seen = moved()
        self._began = self._moved_at = clock()

    @property
    def over(self) -> bool:
        """True where nothing has moved for too long, or it has moved for far too long."""
        now, seen = self._clock(), self._moved()
        if seen != self._seen:
            self._seen, self._moved_at = seen, now
        limit = stretched(self._quiet_s)
        return now - self._moved_at > limit or now - self._began > TALK * limit

    @property
    def waited_s(self) -> float:
        return self._clock() - self._began
