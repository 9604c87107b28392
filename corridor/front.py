"""The front of one cell on this machine: one port, a prefix for each service, the local issuer, and the API page."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"})
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"


class Proxy:
    """Hand a request on to a service in another process, unchanged but for hop-by-hop headers."""

    def __init__(self, base: str, client: httpx2.AsyncClient) -> None:
        self.base, self.client = base.rstrip("/"), client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.url.path.removeprefix(scope.get("root_path", ""))
        upstream = self.client.build_request(
            request.method,
            self.base + path,
            params=request.query_params,
            headers=[(k, v) for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP],
            content=request.stream() if request.method not in {"GET", "HEAD"} else None,
        )
        try:
            answer = await self.client.send(upstream, stream=True)
        except httpx2.TransportError:
            problem = {"type": "about:blank", "title": "The service does not answer", "status": 503}
            await JSONResponse(problem, 503, media_type="application/problem+json")(scope, receive, send)
            return
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
        body = StreamingResponse(answer.aiter_raw(), answer.status_code, headers)
        await body(scope, receive, send)
        await answer.aclose()


def described(spec: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A service's OpenAPI document for people: under its prefix, with how to sign in, without calls between services."""
    paths = {path: item for path, item in spec["paths"].items() if not path.startswith("/internal/")}
    components = spec.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}}
    return {**spec, "paths": paths, "security": [{"token": []}], "servers": [{"url": prefix}]}


def front(cell: str, services: Mapping[str, ASGIApp], issuer: FastAPI) -> Starlette:
    """The cell's one application. `services` are the apps themselves, or proxies to where they run."""

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
            return JSONResponse(
                {"title": "No such service", "status": 404}, 404, media_type="application/problem+json"
            )
        transport = httpx2.ASGITransport(app=services[name])
        async with httpx2.AsyncClient(transport=transport, base_url="http://front") as client:
            answer = await client.get("/openapi.json")
        return JSONResponse(described(answer.json(), f"/{name}"))

    assets = Path(str(files("fastapi_offline"))) / "static"
    return Starlette(
        routes=[
            Route("/", page),
            Route("/openapi/{service}.json", spec),
            Mount("/assets/swagger", StaticFiles(directory=assets)),
            Mount("/assets", StaticFiles(directory=Path(str(files("corridor"))) / "pages")),
            Mount("/issuer", issuer),
            *(Mount(f"/{name}", app) for name, app in services.items()),
        ]
    )
