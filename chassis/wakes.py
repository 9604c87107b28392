"""Wakes: a commit tells the loops that wait for it, those of its own process at once and those of another one by NOTIFY.

The rows are the truth and a wake only says that it is worth while to look: whoever waits for one looks by itself too, seldom.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from datetime import UTC, datetime
from enum import StrEnum

CHANNEL = "corridor"
LOOK = datetime.min.replace(tzinfo=UTC)
"""The due time of work that another process wrote: when it is due stands in the database."""

log = logging.getLogger(__name__)


class Wake(StrEnum):
    """The kinds of wakes, by what a loop looks at then."""

    EVENTS = "events"
    WORK = "work"
    OFFSETS = "offsets"


class Wakes:
    """The wakes of one service in this process. `tell` notifies the other processes of the service."""

    def __init__(self, tell: Callable[[Collection[Wake]], Awaitable[None]]) -> None:
        self._tell = tell
        self._signs = {wake: asyncio.Event() for wake in Wake}
        self._here: set[Wake] = set()
        self._untold: set[Wake] = set()
        self._telling: asyncio.Task[None] | None = None
        self._due: datetime | None = None

    def sign(self, wake: Wake) -> asyncio.Event:
        """Set by each wake of this kind, cleared by the loop that waits for it before it looks."""
        return self._signs[wake]

    @contextlib.contextmanager
    def waited_for(self, *wakes: Wake) -> Iterator[None]:
        """While a loop of this process waits for these, no other process needs to hear of what is committed here."""
        self._here |= {*wakes}
        try:
            yield
        finally:
            self._here -= {*wakes}

    def say(self, wake: Wake) -> None:
        """Something was committed in this process."""
        self._signs[wake].set()
        if wake in self._here:
            return
        self._untold.add(wake)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_others())

    def say_due(self, at: datetime) -> None:
        """Work was committed in this process that is due at this moment."""
        self._due = at if self._due is None else min(at, self._due)
        self.say(Wake.WORK)

    def hear(self, said: str) -> None:
        """Another process has committed something."""
        with contextlib.suppress(ValueError):  # a newer release may say what this one does not know
            wake = Wake(said)
            if wake is Wake.WORK:
                self._due = LOOK
            self._signs[wake].set()

    def hear_all(self) -> None:
        """Every wake at once: what another process has said until now may have been missed."""
        for wake in Wake:
            self.hear(wake)

    def take_due(self) -> datetime | None:
        """The earliest due time that was said since this was asked last."""
        self._signs[Wake.WORK].clear()
        due, self._due = self._due, None
        return due

    async def told(self) -> None:
        """Wait until the other processes have been told of everything."""
        if self._telling is not None:
            await asyncio.wait({self._telling})

    async def _tell_others(self) -> None:
        """Many commits are one notification: whoever hears it looks at all of them."""
        while self._untold:
            said, self._untold = self._untold, set()
            try:
                await self._tell(said)
            except Exception as error:  # noqa: BLE001 - a wake that is lost is made good by the poll of whoever waits
                log.info("a wake was lost: %s", type(error).__name__)
