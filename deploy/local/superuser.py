"""The superuser of the run's PostgreSQL, at the service of all tests of a process."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from functools import cache
from typing import Any, TypeVar

import asyncpg

from deploy.local.cleared import clear, learn

T = TypeVar("T")


class Superuser:
    """The superuser's connections of all tests of a process, on a loop of their own: a test's ends with the test."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._loop = asyncio.new_event_loop()
        self._connections: dict[str | None, asyncpg.Connection] = {}
        self._cleared: dict[str, list[str]] = defaultdict(list)
        self._one_at_a_time = asyncio.Lock()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    async def run(self, commands: Sequence[str]) -> None:
        """Run the commands in order, each in a transaction of its own."""
        await self._there(self._run(commands))

    async def learn(self, template: str) -> None:
        """Have the copies of the template be cleared one day. Nobody stays connected to it."""
        await self._there(self._learn(template))

    async def clear(self, kind: str, copy: str) -> bool:
        """Clear the copy and keep it for who asks for one of its kind; False where it cannot be made again what it was."""
        if kept := await self._there(self._clear(copy)):
            self._cleared[kind].append(copy)
        return kept

    def cleared_one(self, kind: str) -> str | None:
        """A cleared copy of the template of this kind, which is the caller's now; None where there is none."""
        return self._cleared[kind].pop() if self._cleared[kind] else None

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _run(self, commands: Sequence[str]) -> None:
        async with self._one_at_a_time:
            connection = await self._connected(None)
            for command in commands:
                await connection.execute(command)

    async def _learn(self, template: str) -> None:
        connection = await asyncpg.connect(self._dsn, database=template)
        await learn(connection)
        await connection.close()

    async def _clear(self, database: str) -> bool:
        async with self._one_at_a_time:
            return await clear(await self._connected(database))

    async def _connected(self, database: str | None) -> asyncpg.Connection:
        connection = self._connections.get(database)
        if connection is None or connection.is_closed():
            connection = self._connections[database] = await asyncpg.connect(self._dsn, database=database)
        return connection


superuser = cache(Superuser)
