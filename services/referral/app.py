"""The parts of the service referral."""

from pathlib import Path

from chassis.service import Service
from services.referral import api, clocks, handlers
from services.referral.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service:
    clock = settings.country.response_clock
    service = Service(
        settings,
        name="referral",
        router=api.router,
        versions=VERSIONS,
        subscriptions=handlers.subscriptions(clock, settings.cell),
        work=lambda _: clocks.work(),
    )
    service.ports["response_clock"] = clock
    return service
