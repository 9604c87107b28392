"""The token is looked at before anything of the body is read: a caller without one makes no work."""

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.identity.auth import actor_of
from chassis.problems import Problem
from chassis.web.answers import problem_response

PUBLIC = frozenset({"/health/live", "/health/ready", "/openapi.json"})
"""Without a token these tell nothing about cases, people or what is wrong."""


PUBLIC_BELOW = "/v1/papers/"
"""Whoever holds a printed paper asks here whether it is genuine, and is told nothing else."""


class TokenFirst:
    """ASGI middleware: 401 for every path that is not public. The rights of the caller are decided by the route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            public = path in PUBLIC or path.startswith(PUBLIC_BELOW)
            if not public or "authorization" in request.headers:
                try:
                    request.state.actor = await actor_of(request)
                except Problem as problem:
                    await problem_response(problem)(scope, receive, send)
                    return
        await self.app(scope, receive, send)
