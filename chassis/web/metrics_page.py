"""The operators' listener: the metrics of this process for Prometheus, on a port of their own that is not the public one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.observe.metrics import CONTENT_TYPE_LATEST, Metrics, page

Refresh = Callable[[], Awaitable[None]]


def metrics_page(metrics: Sequence[Metrics], refreshes: Sequence[Refresh]) -> Starlette:
    """`/metrics` and nothing else. Whoever reaches the port may read it, so nothing there is about anybody."""

    async def shown(_: Request) -> Response:
        await asyncio.gather(*(refresh() for refresh in refreshes))
        return Response(page(metrics), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return Starlette(routes=[Route("/metrics", shown)])
