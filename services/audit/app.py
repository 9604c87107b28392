"""What the service audit is made of."""

from pathlib import Path

from chassis.service import Service
from services.audit import api, handlers
from services.audit.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service:
    return Service(
        settings,
        name="audit",
        router=api.router,
        versions=VERSIONS,
        subscriptions=[handlers.SUBSCRIPTION],
        follows_cases=False,
        follows_directory=False,
    )
