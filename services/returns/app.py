"""What the service returns is made of."""

from pathlib import Path

from chassis.service import Service
from services.returns import api, handlers
from services.returns.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service:
    return Service(
        settings,
        name="returns",
        router=api.router,
        versions=VERSIONS,
        subscriptions=[handlers.subscription(settings.cell)],
    )
