"""A TCP proxy that can fall silent: connections stay open and nothing passes any more, as when a cable is pulled."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Proxy:
    host: str
    port: int
    passing: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def fall_silent(self) -> None:
        self.passing.clear()

    def speak(self) -> None:
        self.passing.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        await self.passing.wait()
        there, back = await asyncio.open_connection(self.host, self.port)
        self.writers.append(back)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self.passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied(host: str, port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(host, port)
    proxy.speak()
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        proxy.speak()
        server.close()
        for writer in proxy.writers:
            writer.transport.abort()
