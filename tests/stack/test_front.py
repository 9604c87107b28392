"""The front of a cell whose services are processes of their own: no request silences another service or breaks it."""

import asyncio
import contextlib
import json
import time

import httpx2
import pytest
import uvicorn
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from corridor.front import Proxy, front
from deploy.local.cell import write_secret
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.ports import free_port
from services.notify.app import build
from services.notify.settings import Settings

CONNECTIONS = 5


async def echo(request: Request) -> JSONResponse:
    body = await request.body()
    seen = {"path": request.scope["raw_path"].decode(), "query": request.url.query, "body": body.decode()}
    told = request.headers.getlist("x-forwarded-for")
    return JSONResponse(
        seen, headers={"Retry-After": "7", "Cache-Control": "no-store", "Told": "; ".join(told)}
    )


@contextlib.asynccontextmanager
async def served(app):
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=port, log_config=None, lifespan="off", proxy_headers=False, timeout_graceful_shutdown=1
        )
    )
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await serving


@pytest.fixture
async def port(tmp_path):
    """Two services behind a front, and a third that does not run."""
    service = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])
    key = tmp_path / "issuer.jwk.json"
    write_secret(key, json.dumps(OKPKey.generate_key("Ed25519", {"kid": "issuer"}).as_dict(private=True)))
    async with served(service) as behind:
        proxies = {name: Proxy(f"http://127.0.0.1:{behind}", CONNECTIONS) for name in ("intake", "consent")}
        proxies["notify"] = Proxy(f"http://127.0.0.1:{free_port()}")
        async with served(front("TH", proxies, build_issuer(key, "http://th", load_people("TH")))) as port:
            yield port
        for proxy in proxies.values():
            await proxy.aclose()


@pytest.fixture
async def client(port):
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        yield client


async def said(port: int, request: bytes) -> bytes:
    """The first line of the answer to these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return line


async def test_half_uploads_to_one_service_silence_no_other_and_are_told_of_soon(port, client):
    halves = []
    for _ in range(CONNECTIONS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /intake/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        halves.append(writer)
    began = time.monotonic()
    while (crowded := await client.get("/intake/v1/cases")).status_code == 200:
        assert time.monotonic() - began < 20
    assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "2")
    assert crowded.json() == {"type": "about:blank", "title": "The service is busy", "status": 503}
    assert (await client.get("/consent/v1/consents")).status_code == 200
    for writer in halves:
        writer.close()
    while (await client.get("/intake/v1/cases")).status_code != 200:
        assert time.monotonic() - began < 40


async def test_callers_who_leave_before_the_answer_is_read_take_no_connection_with_them(port, client):
    for _ in range(3 * CONNECTIONS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /intake/v1/cases HTTP/1.1\r\nHost: x\r\n\r\n")
        writer.close()
    assert (await client.get("/intake/v1/cases")).status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /intake/health HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
        b"GET /intake/health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        b"HEAD /intake/health HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
    ],
)
async def test_a_body_where_none_belongs_is_refused(port, request_):
    assert await said(port, request_) == b"HTTP/1.1 400 Bad Request\r\n"


@pytest.mark.parametrize(
    "path",
    [
        "/intake/health%00/live",
        "/intake/%00",
        "/intake/%2e%2e/x",
        "/intake/a%2Fb",
        "/intake/%ff",
    ],
)
async def test_an_address_is_handed_on_as_it_was_sent(client, path):
    answer = await client.get(httpx2.URL(f"{client.base_url}").copy_with(raw_path=path.encode()))
    assert (answer.status_code, answer.json()["path"]) == (200, path.removeprefix("/intake"))


@pytest.mark.parametrize(
    "path", ["/notify/health%00/live", "/notify/v1/%00", "/notify%00/v1/inbox", "/openapi/%00.json"]
)
async def test_an_address_that_is_none_is_refused_where_the_service_runs_in_the_front(tmp_path, path):
    key = tmp_path / "issuer.jwk.json"
    write_secret(key, json.dumps(OKPKey.generate_key("Ed25519", {"kid": "issuer"}).as_dict(private=True)))
    nowhere = {
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "kafka_bootstrap": "127.0.0.1:1",
    }
    service = build(Settings(cell="TH", mode="development", **nowhere))
    app = front("TH", {"notify": service.app}, build_issuer(key, "http://th", load_people("TH")))
    async with served(app) as port:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
        answer = await said(port, request.encode())
        assert answer in {b"HTTP/1.1 404 Not Found\r\n", b"HTTP/1.1 401 Unauthorized\r\n"}
    await service.stop()


async def test_query_and_body_arrive_whole(client):
    answer = await client.post("/intake/v1/imports?dry_run=true&a=%20b&a=c", content=b"whole")
    assert answer.json() == {"path": "/v1/imports", "query": "dry_run=true&a=%20b&a=c", "body": "whole"}


async def test_a_service_that_is_away_is_said_so_and_its_document_too(client):
    for path in ("/notify/v1/inbox", "/openapi/notify.json"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["title"]) == (503, "The service does not answer")


@pytest.mark.parametrize("path", ["/papers/A7K29QWE0H3MPX4T", "/consent/v1/papers/A7K29QWE0H3MPX4T"])
async def test_a_service_is_told_who_asks_by_the_front_and_not_by_the_caller(client, path):
    answer = await client.get(path, headers={"X-Forwarded-For": "198.51.100.7"})
    assert (answer.status_code, answer.headers["told"]) == (200, "127.0.0.1")


async def test_of_a_paper_the_service_is_asked_and_its_answer_is_handed_back_with_its_headers(client):
    answer = await client.get("/papers/A7K29QWE0H3MPX4T?what=else")
    assert answer.json() == {"path": "/v1/papers/A7K29QWE0H3MPX4T", "query": "", "body": ""}
    assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("7", "no-store")
    assert (await client.get("/papers/D7K29QWE0H3MPX4T")).status_code == 404
