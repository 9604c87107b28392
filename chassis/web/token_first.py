"""The token is looked at before anything of the body is read: a caller without one makes no work."""

import re
from collections.abc import Collection
from typing import Any

from fastapi import APIRouter, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.identity.auth import actor_of
from chassis.problems import Problem
from chassis.web.answers import problem_response
from chassis.web.routes import every_route

_OF_THE_PROCESS = re.compile(r"/health/live|/health/ready|/openapi\.json")
"""Without a token these tell nothing about cases, people or what is wrong."""

NO_TOKEN: dict[str, Any] = {"security": []}
"""Marks a route that anybody may read, as `openapi_extra`: OpenAPI's own word for it."""


def public_paths(router: APIRouter) -> Collection[re.Pattern[str]]:
    """The paths that anybody may read of a service: its own marked routes, and those of its process."""
    marked = [route for route in every_route(router.routes) if "security" in (route.openapi_extra or {})]
    return [_OF_THE_PROCESS, *(route.path_regex for route in marked)]


class TokenFirst:
    """ASGI middleware: 401 for everything but to read a public path. The rights of the caller are decided by the route."""

    def __init__(self, app: ASGIApp, public: Collection[re.Pattern[str]]) -> None:
        self.app = app
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if not self._reads_public(scope) or "authorization" in request.headers:
                try:
                    request.state.actor = await actor_of(request)
                except Problem as problem:
                    await problem_response(problem)(scope, receive, send)
                    return
        await self.app(scope, receive, send)

    def _reads_public(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return scope["method"] == "GET" and any(one.fullmatch(path) for one in self._public)
