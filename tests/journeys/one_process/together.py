"""Two cells on real servers whose services run in the test's own process, so that a test may put a part of its own in."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from chassis.endings import cut_off, within
from chassis.service import Service
from chassis.web.http_server import server
from corridor.cell import built
from corridor.front import front
from deploy.local.cell import Cell
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.stack import Stack

STOP_SECONDS = 10


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
        serving = server(app, "127.0.0.1", facts["port"])
        self._servers_here.append((serving, asyncio.create_task(serving.serve())))

    async def down(self) -> None:
        await cut_off(self._starting)
        for serving, task in self._servers_here:
            serving.should_exit = True
            await within(STOP_SECONDS, task)
        await asyncio.gather(*(service.stop() for service in self.services.values()))
        await super().down()
