"""The parts of the service returns."""

from pathlib import Path

from chassis.service import Service
from services.returns import api, clocks, handlers
from services.returns.rules import read_rules
from services.returns.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service:
    service = Service(
        settings,
        name="returns",
        router=api.router,
        versions=VERSIONS,
        subscriptions=handlers.subscriptions(settings.cell),
        work=lambda _: clocks.work(),
    )
    service.ports["country"] = read_rules(settings.country.returns, settings.zone)
    return service
