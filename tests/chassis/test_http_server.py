"""The HTTP server of a service, on real sockets: who sends half of something is closed, and everybody else is served."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.endings import within
from chassis.web import http_server
from chassis.web.http_server import LimitedProtocol, server
from services.notify.app import build
from services.notify.settings import Settings
from tests.harness import Harness, Keys

HEADER_SECONDS, BODY_SECONDS = 1.0, 1.5


@dataclass
class Address:
    port: int
    token: str
    """A header of somebody who may come."""

    async def send(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        return reader, writer

    async def answer(self, data: bytes) -> bytes:
        """Everything up to the end of the connection."""
        reader, writer = await self.send(data)
        try:
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()


@pytest.fixture
async def address(tmp_path: Any, monkeypatch: Any) -> AsyncIterator[Address]:
    """A service that was never started: what is refused here is refused before there is any work."""
    monkeypatch.setattr(LimitedProtocol, "header_seconds", HEADER_SECONDS)
    monkeypatch.setattr(LimitedProtocol, "body_seconds", BODY_SECONDS)
    keys = Keys(tmp_path)
    keys.write()
    service = build(
        Settings(
            cell="TH",
            mode="production",
            database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
            kafka_bootstrap="127.0.0.1:1",
            **{name: value for name, value in keys.settings("notify").items() if name != "vault_epoch_file"},
        )
    )
    bearer = Harness(service, None, keys, "TH").as_("case_worker")["Authorization"]  # type: ignore[arg-type]
    made = server(service.app, "127.0.0.1", 0)
    task = asyncio.create_task(made.serve())
    while not made.started:
        await asyncio.sleep(0.01)
    yield Address(made.servers[0].sockets[0].getsockname()[1], f"Authorization: {bearer}")
    made.should_exit = True
    assert await within(10, task)
    await service.stop()


def request(path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: th.test", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


async def alive(address: Address) -> bytes:
    return (await address.answer(request("/health/live"))).partition(b"\r\n")[0]


async def test_900_half_sent_headers_are_closed_and_the_service_answers_meanwhile(address: Address) -> None:
    held = [await address.send(b"GET /v1/inbox HTTP/1.1\r\nHost: th.test\r\nX-A: b") for _ in range(900)]
    assert await alive(address) == b"HTTP/1.1 200 OK"
    async with asyncio.timeout(HEADER_SECONDS + 20):
        answers = [await reader.read() for reader, _ in held]
    for _, writer in held:
        writer.close()
    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}


async def test_a_connection_that_says_nothing_is_closed(address: Address) -> None:
    assert (await address.answer(b"")).startswith(b"HTTP/1.1 408 ")


async def test_headers_that_drip_in_are_closed(address: Address) -> None:
    reader, writer = await address.send(b"GET / HTTP/1.1\r\n")
    reading, dripped = asyncio.create_task(reader.read()), 0
    while not reading.done() and dripped < 100:
        writer.write(b"X-A: b\r\n")
        dripped += 1
        await asyncio.sleep(0.05)
    assert dripped < 60
    with contextlib.suppress(ConnectionError):
        assert (await reading).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_half_uploads_are_closed(address: Address) -> None:
    half = request(
        "/v1/inbox/0/read",
        address.token,
        "Content-Type: application/json",
        "Content-Length: 1000",
        method="POST",
        body=b"{",
    )
    answers = await asyncio.gather(*(address.answer(half) for _ in range(110)))
    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
    assert await alive(address) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "lines",
    [["X-A: " + "b" * 200_000], [f"X-{n}: b" for n in range(5_000)], ["X-A: " + "b" * 40_000]],
    ids=["200 kB in one", "5,000 headers", "40 kB"],
)
async def test_too_many_headers_are_refused(address: Address, lines: list[str]) -> None:
    assert (await address.answer(request("/health/live", *lines))).startswith(b"HTTP/1.1 431 ")


async def test_a_path_of_40_kb_is_refused(address: Address) -> None:
    assert (await address.answer(request("/" + "a" * 40_000))).startswith(b"HTTP/1.1 431 ")


async def test_more_connections_than_the_limit_are_refused(address: Address, monkeypatch: Any) -> None:
    monkeypatch.setattr(http_server, "MOST_CONNECTIONS", 20)
    held = [await address.send(b"") for _ in range(20)]
    assert (await address.answer(request("/health/live"))).startswith(b"HTTP/1.1 503 ")
    for _, writer in held:
        writer.close()
    await asyncio.sleep(0.2)
    assert await alive(address) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET", "PATCH"])
async def test_without_a_token_nothing_of_the_body_is_read(address: Address, method: str) -> None:
    """The body is announced and never comes; malformed it would be too."""
    reader, writer = await address.send(
        request(
            "/v1/channels",
            "Content-Type: application/json",
            "Content-Length: 900000",
            method=method,
            body=b"{{",
        )
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n"), HEADER_SECONDS / 2)
    writer.close()
    assert head == b"HTTP/1.1 401 Unauthorized\r\n"


@pytest.mark.parametrize(
    "path", ["/health%00/live", "/%00", "/v1/inbox%ff", "//", "/health/live%2f..", "*", "/a b"]
)
@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_odd_paths_and_a_get_with_a_body_are_never_a_fault(
    address: Address, path: str, body: bytes
) -> None:
    lines = [f"Content-Length: {len(body)}"] if body else []
    status = int((await address.answer(request(path, *lines, body=body))).split(b" ")[1])
    assert 400 <= status < 500


async def test_every_answer_keeps_nothing_and_names_no_server(address: Address) -> None:
    for path, status in (("/health/live", 200), ("/v1/inbox", 401), ("/openapi.json", 200)):
        head = (await address.answer(request(path))).partition(b"\r\n\r\n")[0].decode().lower()
        assert head.startswith(f"http/1.1 {status}")
        for line in (
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "content-security-policy: frame-ancestors 'none'",
            "referrer-policy: no-referrer",
        ):
            assert head.count(line) == 1
        assert re.search(r"uvicorn|^server:", head, re.MULTILINE) is None


async def test_in_production_readiness_tells_a_stranger_no_more_than_its_status(address: Address) -> None:
    answer = await address.answer(request("/health/ready"))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["problems"] == {}
    assert b"PostgreSQL" not in answer


async def _date(address: Address) -> bytes:
    answer = await address.answer(request("/health/live"))
    return next(line for line in answer.split(b"\r\n") if line.startswith(b"date: "))


async def test_the_date_of_an_answer_goes_on(address: Address) -> None:
    first = await _date(address)
    async with asyncio.timeout(30):
        while await _date(address) == first:
            await asyncio.sleep(0.2)


async def test_a_server_to_whom_nobody_comes_wakes_up_once_a_second_and_ends_when_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, woken, now = server(None, "127.0.0.1", 0), 0, asyncio.get_running_loop().time  # type: ignore[arg-type]
    on_tick = made.on_tick

    async def counted(counter: int) -> bool:
        nonlocal woken
        woken += 1
        return await on_tick(counter)

    monkeypatch.setattr(made, "on_tick", counted)
    began, task = now(), asyncio.create_task(made.serve())
    await asyncio.sleep(2.5)
    assert 2 <= woken <= now() - began + 1
    monkeypatch.setattr(http_server, "DATE_SECONDS", 600)
    await asyncio.sleep(1.5)  # from here on it waits for the next date
    made.should_exit = True
    assert await within(10, task)
