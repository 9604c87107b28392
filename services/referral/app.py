"""The parts of the service referral."""

from pathlib import Path

from chassis.service import Service
from services.referral import api, clocks, handlers
from services.referral.held import HELD
from services.referral.parts import Parts
from services.referral.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings, Parts]:
    clock = settings.country.response_clock
    return Service(
        settings,
        name="referral",
        holds=HELD,
        router=api.router,
        versions=VERSIONS,
        subscriptions=handlers.subscriptions(clock, settings.cell),
        parts=lambda _: Parts(clock),
        work=lambda _: clocks.work(),
    )
