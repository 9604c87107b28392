"""A loop beside the HTTP app: started, kept alive through faults with a growing pause, stopped when its hands are empty."""

import asyncio
import contextlib
import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from chassis.endings import cut_off, waiting_at
from chassis.faults import named, place

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, capped, spread so that nobody retries in step."""
    doubled = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 20))
    return doubled * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret


class SupervisedLoop(ABC):
    """Runs `session` until stopped; one that raises is named in `healthy` and begun again."""

    name = "loop"
    grace_seconds = 15.0

    def __init__(self) -> None:
        self.trouble: str | None = None
        self._failures = 0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    async def start(self) -> None:
        self._stopping.clear()
        self._task = asyncio.create_task(self._supervise(), name=self.name)

    async def stop(self) -> None:
        """Let the session finish the work in its hands, at most grace_seconds; work that is cut off is done again later."""
        self._stopping.set()
        self.rouse()
        task, self._task = self._task, None
        if task is None:
            return
        await asyncio.wait({task}, timeout=self.grace_seconds)
        late = [one for one in (task, *self.in_hand()) if not one.done()]
        if late:
            places = ", ".join(sorted({waiting_at(one) for one in late}))
            log.warning("%s was cut off while it had work in hand, at %s", self.name, places)
            await cut_off(late)

    def rouse(self) -> None:  # noqa: B027 - a session that looks by itself needs none
        """End a wait of the session that does not look by itself whether the loop is to stop."""

    def in_hand(self) -> Iterable[asyncio.Task[Any]]:
        """The tasks that the session runs beside itself and does not end by itself when it is cut off."""
        return ()

    def healthy(self) -> str | None:
        """None, or the fault, in words for an operator and without data."""
        return self.trouble

    @abstractmethod
    async def session(self) -> None:
        """Work until `stopping`."""

    def fine(self) -> None:
        """Called by a session when it has done something: the fault, if any, is over."""
        self.trouble, self._failures = None, 0

    async def every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """A session that acts, rests and acts again until the loop is stopped."""
        while not self.stopping:
            await act()
            self.fine()
            await self.rest(seconds)

    async def rest(self, seconds: float) -> None:
        """Wait, but not longer than until the loop is stopped."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _supervise(self) -> None:
        while not self.stopping:
            began = time.monotonic()
            try:
                await self.session()
            except asyncio.CancelledError as error:
                if _asked_to_stop():
                    raise
                # a client that cancels its own futures when a connection breaks would end the loop in silence
                await self._failed(
                    ConnectionError("cancelled from inside").with_traceback(error.__traceback__), began
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop goes on and readiness says so
                await self._failed(error, began)

    async def _failed(self, error: Exception, began: float) -> None:
        lasted = time.monotonic() - began
        self._failures = 1 if lasted > 2 * LONGEST_PAUSE_SECONDS else self._failures + 1
        self.trouble = named(error)
        log.warning("%s: %s, raised at %s", self.name, self.trouble, place(error))
        await self.rest(pause_after(self._failures))


def _asked_to_stop() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
