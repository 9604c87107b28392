"""PostgreSQL's own clock: what it says of each statement that a connection sends, from its plan to its last row."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from chassis.database import Transaction

_SAID = re.compile(r"([\d.]+) s user, ([\d.]+) s system, ([\d.]+) s elapsed")
_MOST_SAID = ("set client_min_messages = log", "set log_statement_stats = on")
_NO_MORE = ("set log_statement_stats = off", "reset client_min_messages")


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of the server for a statement: by the wall, and of its processor, which others who keep the machine busy do not count into."""

    elapsed: float
    processor: float


class ServerClock:
    """Listens to a connection whose server says what each part of a statement took: parsing, planning and binding, executing."""

    def __init__(self) -> None:
        self._said: list[tuple[float, float]] = []

    def __call__(self, _: Any, message: Any) -> None:
        said = _SAID.search(getattr(message, "detail", None) or "")
        if said is not None:
            user, system, elapsed = map(float, said.groups())
            self._said.append((elapsed, user + system))

    async def since(self) -> Spent:
        """What was spent since this was asked last."""
        await asyncio.sleep(0)  # the driver hands messages on in the next turn
        said, self._said = self._said, []
        return Spent(sum(one[0] for one in said) * 1000, sum(one[1] for one in said) * 1000)


@asynccontextmanager
async def permitted(admin_dsn: str, role: str) -> AsyncIterator[None]:
    """Lets a role ask its server for these statistics, which is a superuser's right; a role that has it cannot be dropped."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute(f"grant set on parameter log_statement_stats to {role}")
        yield
    finally:
        await admin.execute(f"revoke set on parameter log_statement_stats from {role}")
        await admin.close()


@asynccontextmanager
async def server_clock(tx: Transaction) -> AsyncIterator[ServerClock]:
    """The clock of the transaction's connection, which runs as long as this is open."""
    connection = tx.conn.driver
    clock = ServerClock()
    connection.add_log_listener(clock)
    for statement in _MOST_SAID:
        await connection.execute(statement)
    await clock.since()
    yield clock
    for statement in _NO_MORE:
        await connection.execute(statement)
    connection.remove_log_listener(clock)
