"""Refuse a request body that is larger than the service takes, before it is read whole."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import TooLarge
from chassis.web.answers import problem_response


class BodyLimit:
    """ASGI middleware: 413 by Content-Length, or as soon as the bytes that arrived pass the limit."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.limit:
            await problem_response(TooLarge())(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise TooLarge
            return message

        await self.app(scope, counted, send)
