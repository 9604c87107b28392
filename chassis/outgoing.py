"""Outgoing messages to PostgreSQL: what begins a transaction and what sets something for it are written with the statement that follows, and what ends it with
the last, each in one way to the server and back (ADR 0073). asyncpg has no words for that, so its connections write through `OutgoingTransport`.
"""

import asyncio
import struct
from functools import lru_cache
from typing import Any, cast

import asyncpg

SYNC = b"S" + struct.pack("!i", 4)
"""The end of what the driver writes for a statement: the server answers now, and after an error goes on from here."""


class OutgoingTransport:
    """The transport of a connection, as its driver sees it. `ahead` and `behind` are statements that are written whole and whose answers nobody reads; they go
    with the next that the driver writes. After an error in one of them the server passes over the others.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write_alone = transport.write
        self.ahead: list[str] = []
        self.behind: list[str] = []

    def write(self, data: bytes | memoryview) -> None:
        if self.ahead or self.behind:
            data = self._with_company(bytes(data))
        self.write_alone(data)

    def clear(self) -> None:
        """Forget what was not written, because the driver refused what it was to go with."""
        self.ahead, self.behind = [], []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _with_company(self, data: bytes) -> bytes:
        own = data.removesuffix(SYNC)
        if own in (data, b""):  # the driver asks something between, and the statement is still to come
            return data
        whole = b"".join([*map(_asked, self.ahead), own, *map(_asked, self.behind), SYNC])
        self.clear()
        return whole


class WholeProtocol(asyncpg.protocol.Protocol):
    """The driver's side of a connection, which writes through `outgoing`."""

    outgoing: OutgoingTransport

    def connection_made(self, transport: object) -> None:
        self.outgoing = OutgoingTransport(cast("asyncio.Transport", transport))
        super().connection_made(self.outgoing)


asyncpg.protocol.Protocol = WholeProtocol  # type: ignore[assignment,misc]  # asyncpg.connect takes no class for it


def outgoing(driver: "asyncpg.Connection[Any]") -> OutgoingTransport:
    found: OutgoingTransport = driver._protocol.outgoing  # type: ignore[attr-defined]  # noqa: SLF001
    return found


@lru_cache(maxsize=1024)
def _asked(sql: str) -> bytes:
    """Parse, Bind and Execute of a statement without parameters, by the nameless statement and portal (PostgreSQL, Frontend/Backend Protocol, Message Formats)."""
    parse = b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0)
    bind = b"\0\0" + struct.pack("!hhh", 0, 0, 0)
    execute = b"\0" + struct.pack("!i", 0)
    kinds = zip(b"PBE", (parse, bind, execute), strict=True)
    return b"".join(struct.pack("!Bi", kind, len(body) + 4) + body for kind, body in kinds)
