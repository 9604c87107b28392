"""The HTTP server of a service: uvicorn with limits for connections, headers and bodies, and a time for each of them.

A connection that sends nothing, or half of something, is closed; the service stays there for everybody else.
"""

import asyncio
import contextlib
import resource
import ssl
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KEEP_ALIVE_SECONDS = 30
"""Longer than clients keep an idle connection, so that none is closed just when a request is sent on it."""
MOST_HEADERS = 100
MOST_HEADER_BYTES = 32_768
MOST_CONNECTIONS = 2_000
MOST_REQUESTS = 500
"""The requests under way at once; a connection that waits between two requests counts for nothing."""
OPEN_FILES = 4_096
DATE_SECONDS = 1.0
"""The seconds after which the date in the answers is another one."""
LAST_REQUESTS_SECONDS = 5
"""The time for requests under way when the service stops."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection. A request beyond a limit is answered 431, 408 or 503, and the connection closed."""

    header_seconds = 10.0
    """The time from the connection's opening, or from a request's first byte, to the end of its headers."""
    body_seconds = 60.0
    """The time for a whole body: a few megabytes over a bad line."""
    _deadline: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse("503 Service Unavailable")
        else:
            self._expect(self.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)

    def on_message_begin(self) -> None:
        self._header_bytes = 0
        self._expect(self.header_seconds)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return
        if len(self.tasks) >= MOST_REQUESTS:
            self._refuse("503 Service Unavailable")
            return
        self._expect(self.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._relax()
        if not self.transport.is_closing():
            super().on_message_complete()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        over = self._header_bytes > MOST_HEADER_BYTES or len(self.headers) >= MOST_HEADERS
        if over and not self.transport.is_closing():
            self._refuse("431 Request Header Fields Too Large")

    def _expect(self, seconds: float) -> None:
        self._relax()
        self._deadline = self.loop.call_later(seconds, self._refuse, "408 Request Timeout")

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: str) -> None:
        """Refuse, but never in the middle of an answer that has begun."""
        self._relax()
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            lines = (
                f"HTTP/1.1 {status}",
                "content-length: 0",
                "cache-control: no-store",
                "connection: close",
            )
            self.transport.write("\r\n".join((*lines, "", "")).encode())
        self.transport.close()


class QuietServer(uvicorn.Server):
    """A server that wakes up once a second, for the date in its answers, and at once when it is to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._ending = asyncio.Event()
        super().__init__(config)

    @property
    def should_exit(self) -> bool:
        return self._ending.is_set()

    @should_exit.setter
    def should_exit(self, ends: bool) -> None:
        if ends:
            self._ending.set()
        else:
            self._ending.clear()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), DATE_SECONDS)


def server(
    app: ASGIApp, host: str, port: int, *, tls: tuple[str, str] | None = None, callers: Path | None = None
) -> uvicorn.Server:
    """A server that is not yet serving. `tls` are the files of the certificate and of its key, `callers` the authority
    whose certificate a caller must show; none: nobody need show one. Signals are the caller's.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    certificate, key = tls or (None, None)
    made = QuietServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=LimitedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=LAST_REQUESTS_SECONDS,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            ssl_ca_certs=None if callers is None else str(callers),
            ssl_cert_reqs=ssl.CERT_NONE if callers is None else ssl.CERT_REQUIRED,
        )
    )
    made.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    return made
