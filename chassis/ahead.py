"""Statements ahead of another: the beginning of a transaction and its settings, which answer nothing, are sent with the statement that follows them, in
one way to the server and back (ADR 0073). asyncpg has no words for it, so the messages are written here, in front of its own.
"""

import struct
from functools import lru_cache
from typing import Any

import asyncpg


class StatementsAhead:
    """Statements that wait for another, on whose way they go. Each is written whole, and nobody looks at what it answers."""

    def __init__(self, driver: "asyncpg.Connection[Any]") -> None:
        self._driver = driver
        self._waiting: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, *statements: str) -> None:
        self._waiting += statements

    async def send(self) -> None:
        """Write them to the server, right before the driver writes the statement that they are ahead of: the server answers at the end of that one, and
        the driver passes over the answers that are not its statement's. Where the driver still waits for the end of an earlier statement that was broken off,
        they go a way of their own.
        """
        waiting, self._waiting = self._waiting, []
        driver: Any = self._driver
        if driver._protocol._is_cancelling():  # noqa: SLF001
            await driver.execute("; ".join(waiting))
        else:
            driver._transport.write(b"".join(map(_messages, waiting)))  # noqa: SLF001


@lru_cache(maxsize=1024)
def _messages(sql: str) -> bytes:
    """Parse, Bind and Execute of a statement without parameters, by the nameless statement and portal (PostgreSQL, Frontend/Backend Protocol, Message Formats)."""
    parse = b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0)
    bind = b"\0\0" + struct.pack("!hhh", 0, 0, 0)
    execute = b"\0" + struct.pack("!i", 0)
    kinds = zip(b"PBE", (parse, bind, execute), strict=True)
    return b"".join(struct.pack("!Bi", kind, len(body) + 4) + body for kind, body in kinds)
