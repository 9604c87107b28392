"""The headers that tell every browser and cache: keep nothing, guess nothing, show this in no other page, name it to
nobody. A route that will go says so in the same place (`chassis.web.deprecation`).

Only a route whose answer is about nobody says something else (`chassis.web.code_lists`).
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.web.deprecation import announced
from chassis.web.routes import asked_route

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class AnswerHeaders:
    """ASGI middleware, outside all others, so that errors have the headers too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, **announced(asked_route(scope))}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, adding if scope["type"] == "http" else send)
