"""Three countries for all tests that look for marks of a person where none may be, whose spans are caught."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from deploy.local.stack import Stack

THREE = ("TH", "KH", "VN")


class Spans(ThreadingHTTPServer):
    """Takes what an OTLP exporter sends, as bytes."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        spans = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                spans.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture(scope="package")
def spans() -> Iterator[Spans]:
    server = Spans()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="package")
def three(cells_directory, spans) -> Iterator[Stack]:
    """Until the erasure of `test_canaries.py`, the last test here: it destroys wrapping keys under the running services."""
    endpoint = f"http://127.0.0.1:{spans.server_port}/"
    stack = Stack(THREE, state=cells_directory() / "state", extra={"otlp_endpoint": endpoint})
    asyncio.run(stack.up())
    yield stack
    asyncio.run(stack.down())
