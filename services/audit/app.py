"""The parts of the service audit."""

from pathlib import Path

from chassis.service import Service
from contracts.events.consent import DisclosureAuthorisedV1
from services.audit import api, handlers, proving, verifying
from services.audit.held import HELD
from services.audit.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings]:
    return Service(
        settings,
        name="audit",
        holds=HELD,
        router=api.router,
        versions=VERSIONS,
        subscriptions=handlers.SUBSCRIPTIONS,
        awaited={DisclosureAuthorisedV1},  # it is sealed once it is logged
        work=lambda service: [verifying.verify_work(service), proving.prove_work(service)],
    )
