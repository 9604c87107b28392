"""The parts of the service audit."""

from pathlib import Path

from chassis.identity import references
from chassis.service import Service
from services.audit import api, handlers, verifying
from services.audit.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings]:
    return Service(
        settings,
        name="audit",
        router=api.router,
        versions=VERSIONS,
        subscriptions=[handlers.SUBSCRIPTION, references.subscription()],
        work=lambda service: [verifying.verify_work(service)],
        follows_cases=False,
        follows_directory=False,
    )
