"""`python -m corridor.cell FILE`: one cell's front and, unless they run by themselves, all of its services in one process."""

import asyncio
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import uvloop
from starlette.types import ASGIApp

from chassis.events.one_client import share
from chassis.main import serve
from chassis.observe.logs import configure
from chassis.service import Service
from corridor.front import Proxy, front
from deploy.local.issuer import build_issuer
from deploy.local.people import load_machines, load_people


def built(name: str, values: Mapping[str, Any]) -> Service:
    settings = import_module(f"services.{name}.settings").Settings(**values)
    configure(settings, name)
    service: Service = import_module(f"services.{name}.app").build(settings)
    return service


async def run(facts: dict[str, Any]) -> None:
    """Serve until a signal. `services` are the settings of the services that run here, `elsewhere` the ports of the
    others.
    """
    services = [built(name, values) for name, values in facts["services"].items()]
    share([service.link for service in services])
    apps: dict[str, ASGIApp] = {service.name: service.app for service in services}
    proxies = {name: Proxy(f"http://127.0.0.1:{port}") for name, port in facts["elsewhere"].items()}
    cell = facts["cell"]
    key, console = Path(facts["keys"]) / "issuer.jwk.json", facts["console"]
    issuer = build_issuer(key, facts["issuer"], load_people(cell), load_machines(cell), console=console)
    await serve(services, "127.0.0.1", facts["port"], app=front(cell, apps | proxies, issuer))
    for proxy in proxies.values():
        await proxy.aclose()


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(run(given))
