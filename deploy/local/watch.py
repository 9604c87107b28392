"""Starts again every server that has ended by itself while the stack is up, and says so."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from deploy.local.stack import Server, Stack
from deploy.local.trouble import Trouble

LOOK_EVERY_S = 1.0
LONGEST_PAUSE_S = 60.0


class Watch:
    """Looks after the servers of a stack. One that ends over and over is started after longer and longer pauses."""

    def __init__(self, stack: Stack, say: Callable[[str], None]) -> None:
        self._stack, self._say = stack, say
        self._pause: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look until `stop`; a server that is just being started is waited for, so that none is left behind."""
        while not self._stopping.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_EVERY_S)

    def stop(self) -> None:
        self._stopping.set()

    async def look(self) -> None:
        """Start every server that does not run, in the order in which they stand on one another."""
        for name, server in self._stack.servers.items():
            if self._stopping.is_set():
                return
            if not server.running and time.monotonic() >= self._not_before.get(name, 0.0):
                await self._again(name, server)

    async def _again(self, name: str, server: Server) -> None:
        pause = self._pause[name] = min(LONGEST_PAUSE_S, 2 * self._pause.get(name, LOOK_EVERY_S))
        self._not_before[name] = time.monotonic() + pause
        self._say(f"{name} has ended; it is started again.")
        try:
            await asyncio.to_thread(server.stop)  # forgets the one that ended
            await asyncio.to_thread(server.start)
        except (Trouble, OSError) as error:
            self._say(f"{name} could not be started: {error}")
