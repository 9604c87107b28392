"""The front of one cell on this machine: one port, a prefix for each service, the local issuer, and the API page."""

from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import httpx2
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.printing.papers import PaperKind
from chassis.printing.questions import FRONT_SAYS
from corridor.described import described

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"})
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
_PAPERS_OF: Mapping[str, str] = {
    PaperKind.RECEIPT: "consent",
    PaperKind.HOLD: "intake",
    PaperKind.REPORT: "intake",
}
"""The first letter of a code → the service that printed the paper."""
_CONNECTIONS, _ANSWER_S, _FULL_S = 100, 30, 2


class Proxy:
    """Hand a request on to a service in another process, unchanged but for hop-by-hop headers.

    Each service has connections of its own, and a caller that finds them all in use is told so soon: requests that
    are kept open at one service delay those of no other.
    """

    def __init__(self, base: str, connections: int = _CONNECTIONS) -> None:
        self.base = base.rstrip("/")
        limits = httpx2.Limits(max_connections=connections)
        timeout = httpx2.Timeout(_ANSWER_S, pool=_FULL_S)
        self.client = httpx2.AsyncClient(limits=limits, timeout=timeout, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method in {"GET", "HEAD"} and _has_body(request):
            await _problem(400, "A request to read carries no body")(scope, receive, send)
            return
        try:
            answer = await self.client.send(self._upstream(request), stream=True)
        except httpx2.InvalidURL:
            await _problem(400, "The address is not one")(scope, receive, send)
        except httpx2.PoolTimeout:
            await _problem(503, "The service is busy")(scope, receive, send)
        except httpx2.TransportError:
            await _problem(503, "The service does not answer")(scope, receive, send)
        else:
            await _handed_back(answer, scope, receive, send)

    async def aclose(self) -> None:
        await self.client.aclose()

    def _upstream(self, request: Request) -> httpx2.Request:
        path = request.scope["raw_path"].decode("ascii").removeprefix(request.scope.get("root_path", ""))
        query = request.url.query
        return self.client.build_request(
            request.method,
            f"{self.base}{path}?{query}" if query else self.base + path,
            headers=[(k, v) for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP],
            content=request.stream() if _has_body(request) else None,
        )


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _problem(status: int, title: str) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status}
    headers = {"Retry-After": str(_FULL_S)} if status == httpx2.codes.SERVICE_UNAVAILABLE else {}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def _handed_back(answer: httpx2.Response, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
    try:
        await StreamingResponse(answer.aiter_raw(), answer.status_code, headers)(scope, receive, send)
    finally:
        await answer.aclose()  # also when the caller has gone: else its connection is lost to everybody


def _papers(services: Mapping[str, ASGIApp]) -> Callable[[Request], Awaitable[ASGIApp]]:
    async def paper(request: Request) -> ASGIApp:
        """The answer to whoever holds a printed paper, under an address that names no service."""
        code = request.path_params["code"]
        asked = services.get(_PAPERS_OF.get(code[:1].upper(), ""))
        if asked is None:
            return _problem(404, "No such paper")
        path = f"/v1/papers/{code}"
        there = {"path": path, "raw_path": quote(path).encode(), "root_path": "", "query_string": b""}

        async def handed_on(scope: Scope, receive: Receive, send: Send) -> None:
            await asked({**scope, **there}, receive, send)

        return handed_on

    return paper


class ForwardedFor:
    """ASGI middleware: the services are told who asks, by the front alone. What the caller wrote there is thrown away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            name = FRONT_SAYS.encode()
            headers = [(key, value) for key, value in scope["headers"] if key != name]
            scope = {**scope, "headers": [*headers, (name, scope["client"][0].encode())]}
        await self.app(scope, receive, send)


def front(cell: str, services: Mapping[str, ASGIApp], issuer: FastAPI) -> Starlette:
    """The cell's one application. `services` are the apps themselves, or proxies to the processes that run them."""

    async def page(_: Request) -> HTMLResponse:
        html = files("corridor").joinpath("pages/api.html").read_text(encoding="utf-8")
        options = "".join(f'<option value="{name}">{name}</option>' for name in services)
        return HTMLResponse(
            html.replace("{{cell}}", cell).replace("{{services}}", options),
            headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"},
        )

    async def spec(request: Request) -> Response:
        name = request.path_params["service"]
        if name not in services:
            return _problem(404, "No such service")
        transport = httpx2.ASGITransport(app=services[name])
        async with httpx2.AsyncClient(transport=transport, base_url="http://front") as client:
            answer = await client.get("/openapi.json")
        if answer.is_error:
            return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])
        return JSONResponse(described(answer.json(), f"/{name}"))

    assets = Path(str(files("fastapi_offline"))) / "static"
    return Starlette(
        routes=[
            Route("/", page),
            Route("/openapi/{service}.json", spec),
            Route("/papers/{code}", _papers(services)),
            Mount("/assets/swagger", StaticFiles(directory=assets)),
            Mount("/assets", StaticFiles(directory=Path(str(files("corridor"))) / "pages")),
            Mount("/issuer", issuer),
            *(Mount(f"/{name}", app) for name, app in services.items()),
        ],
        middleware=[Middleware(ForwardedFor)],
    )
