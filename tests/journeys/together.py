"""Two cells on real servers whose services run in the test's own process, so that a test may put a part of its own in."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from chassis.main import KEEP_ALIVE_SECONDS
from chassis.service import Service
from corridor.cell import built
from corridor.front import front
from deploy.local.cell import Cell
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.stack import Stack


class Together(Stack):
    """`adjust` is called with each service between its building and its start."""

    def __init__(self, state: Path, adjust: Callable[[Service], None] = lambda _: None) -> None:
        super().__init__(["TH", "KH"], state=state)
        self._adjust = adjust
        self.services: dict[tuple[str, str], Service] = {}
        self._servers_here: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
        self._starting: list[asyncio.Task[None]] = []

    def _launch(self, cell: Cell, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self._starting.append(asyncio.create_task(self._serve(cell, settings, facts)))

    async def _serve(self, cell: Cell, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        services = [built(name, values) for name, values in settings.items()]
        for service in services:
            self.services[cell.code, service.name] = service
            self._adjust(service)
            await service.start()
        issuer = build_issuer(cell.keys / "issuer.jwk.json", facts["issuer"], load_people(cell.code))
        app = front(cell.code, {service.name: service.app for service in services}, issuer)
        config = uvicorn.Config(
            app,
            port=facts["port"],
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext
        self._servers_here.append((server, asyncio.create_task(server.serve())))

    async def down(self) -> None:
        for task in self._starting:
            task.cancel()
        for server, task in self._servers_here:
            server.should_exit = True
            await task
        await asyncio.gather(*(service.stop() for service in self.services.values()))
        await super().down()
