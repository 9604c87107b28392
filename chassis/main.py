"""`python -m services.<name> api | worker | migrate | all`: one service as one process."""

import argparse
import asyncio
import faulthandler
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from chassis import collecting
from chassis.endings import cut_off
from chassis.observe.logs import configure
from chassis.service import Service
from chassis.settings import Settings
from chassis.web.http_server import server
from chassis.web.metrics_page import metrics_page

STOP_SECONDS = 25
"""After the last request: the grace of the loops and the few seconds in which the rest is closed or cut off."""


S = TypeVar("S", bound=Settings)


def run(name: str, settings_class: type[S], build: Callable[[S], Service], versions: Path | None) -> None:
    """Parse the command line and run its command until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}", description=f"The service {name}.")
    parser.add_argument("role", choices=("api", "worker", "migrate", "all"), help="what this process does")
    role = parser.parse_args().role
    settings = settings_class()  # from the environment
    configure(settings, name)
    if role == "migrate":
        if settings.owner_url is None:
            parser.error("CORRIDOR_OWNER_URL is needed to migrate")
        from chassis.migrate import migrate  # brings alembic, which a service that runs has no use for

        asyncio.run(migrate(settings.owner_url.get_secret_value(), name, versions))
        return
    uvloop.run(serve([build(settings)], settings.host, settings.port, worker=role != "api"))


async def serve(
    services: list[Service], host: str, port: int, *, worker: bool = True, app: ASGIApp | None = None
) -> None:
    """Run services behind one port until a signal; then stop the HTTP app first and the loops after it."""
    for service in services:
        await service.start(worker=worker)
    collecting.keep()
    serving = server(app or services[0].app, host, port, tls=services[0].settings.tls() if services else None)
    showing = _metrics(services)
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, lambda: setattr(serving, "should_exit", True))
    shown = [asyncio.create_task(one.serve()) for one in showing]
    try:
        await serving.serve()
    finally:
        # A thread or a task of a library that holds the process up after this is ended, and the log says where each
        # stood.
        faulthandler.dump_traceback_later(STOP_SECONDS, exit=True)
        for one in showing:
            one.should_exit = True
        await asyncio.gather(*(service.stop() for service in services), return_exceptions=True)
        await cut_off(shown)


def _metrics(services: list[Service]) -> list[uvicorn.Server]:
    """The operators' listener, where they are given one."""
    settings = services[0].settings if services else None
    if settings is None or settings.metrics_port is None:
        return []
    tls = settings.tls()
    callers = None if tls is None else settings.tls_ca_file
    shown = metrics_page([s.metrics for s in services], [s.readings.refresh for s in services])
    return [server(shown, settings.metrics_host, settings.metrics_port, tls=tls, callers=callers)]
