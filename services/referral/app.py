"""What the service referral is made of."""

import json
from pathlib import Path

from chassis.service import Service
from contracts.response_clock import response_clock
from services.referral import api, clocks, handlers
from services.referral.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service:
    policy = json.loads(settings.response_clock_file.read_text(encoding="utf-8"))
    clock = response_clock(policy, settings.cell, settings.zone)
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
