"""Services of the same process, which are asked in memory: the same app with all that stands before its routes, and no socket between (ADR 0074)."""

import asyncio
from contextvars import Context

import httpx2
from starlette.types import ASGIApp


class NearService(httpx2.AsyncBaseTransport):
    """The way to an app of this process. As over a socket, it knows nothing of who asks but the request, and goes on when whoever asked waits no longer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = httpx2.ASGITransport(app, raise_app_exceptions=False)
        self._asked: set[asyncio.Task[httpx2.Response]] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer. Raises ReadTimeout where none came within the time limit."""
        task = asyncio.create_task(self._app.handle_async_request(request), context=Context())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        done, _ = await asyncio.wait({task}, timeout=request.extensions["timeout"]["read"])
        if not done:
            raise httpx2.ReadTimeout("no answer in time", request=request)
        return task.result()
