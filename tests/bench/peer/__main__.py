"""`python -m tests.bench.peer FACTS`: one cell of the peer in one process, its routes, subscribers, pollers and work, until it is ended."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI

from tests.bench.peer.api import made
from tests.bench.peer.handlers import seal_what_is_due, subscribe
from tests.bench.peer.parts import Facts, Parts


@asynccontextmanager
async def up(parts: Parts) -> AsyncIterator[None]:
    async with parts.broker, parts.partner, asyncio.TaskGroup() as tasks:
        await parts.broker.start()
        await parts.partner.start()
        loops = [tasks.create_task(one.relay(parts.broker)) for one in parts.services.values()]
        loops.append(tasks.create_task(seal_what_is_due(parts)))
        yield
        for loop in loops:
            loop.cancel()
    await parts.http.aclose()
    for service in parts.services.values():
        await service.close()


async def serve(facts: Facts) -> None:
    parts = Parts(facts)
    subscribe(parts)
    app = made(parts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with up(parts):
            yield

    app.router.lifespan_context = lifespan
    config = uvicorn.Config(app, port=facts.port, log_level="warning", access_log=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Facts(**json.loads(Path(sys.argv[1]).read_text()))))
