"""`python -m services.<name> api | worker | migrate | all`: one service as one process."""

import argparse
import asyncio
import gc
import signal
from collections.abc import Callable
from pathlib import Path

import uvicorn
import uvloop

from chassis.logs import configure
from chassis.migrate import migrate
from chassis.service import Service
from chassis.settings import Settings

GC_THRESHOLD = 50_000


def run(name: str, settings_class: type[Settings], build: Callable[[Settings], Service], versions: Path | None) -> None:
    """Parse the command line and do what it says until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}", description=f"The service {name}.")
    parser.add_argument("role", choices=("api", "worker", "migrate", "all"), help="what this process does")
    role = parser.parse_args().role
    settings = settings_class()  # type: ignore[call-arg]  # from the environment
    configure(settings, name)
    if role == "migrate":
        if settings.owner_url is None:
            parser.error("CORRIDOR_OWNER_URL is needed to migrate")
        asyncio.run(migrate(settings.owner_url.get_secret_value(), name, versions))
        return
    uvloop.run(serve([build(settings)], settings.host, settings.port, worker=role != "api"))


async def serve(services: list[Service], host: str, port: int, *, worker: bool = True, app: object = None) -> None:
    """Run services behind one port until a signal; then stop the HTTP app first and the loops after it."""
    for service in services:
        await service.start(worker=worker)
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 100)
    server = uvicorn.Server(
        uvicorn.Config(app or services[0].app, host=host, port=port, log_config=None, access_log=False, lifespan="off")  # type: ignore[arg-type]
    )
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, lambda: setattr(server, "should_exit", True))
    server.capture_signals = _no_signals  # type: ignore[method-assign]  # ours are set above
    try:
        await server.serve()
    finally:
        for service in services:
            await service.stop()


def _no_signals() -> object:
    from contextlib import nullcontext

    return nullcontext()
