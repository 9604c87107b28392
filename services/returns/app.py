"""The parts of the service returns."""

from pathlib import Path

from chassis.service import Service
from services.returns import api, clocks, handlers
from services.returns.held import HELD
from services.returns.parts import Parts
from services.returns.rules import read_rules
from services.returns.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings, Parts]:
    return Service(
        settings,
        name="returns",
        holds=HELD,
        router=api.router,
        versions=VERSIONS,
        subscriptions=handlers.subscriptions(settings.cell),
        parts=lambda _: Parts(read_rules(settings.country.returns, settings.zone)),
        work=lambda _: clocks.work(),
    )
