"""The parts of the service interchange."""

from pathlib import Path

from chassis.directory import roles_of_machine
from chassis.service import Service
from services.interchange import api
from services.interchange.exports import export_work
from services.interchange.handlers import subscription
from services.interchange.imports import import_work
from services.interchange.parts import Parts
from services.interchange.reading import FileReading
from services.interchange.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings, Parts]:
    return Service(
        settings,
        name="interchange",
        router=api.router,
        versions=VERSIONS,
        subscriptions=[subscription()],
        parts=lambda _: Parts(FileReading()),
        work=lambda service: [*import_work(service), *export_work(service)],
        follows_cases=False,  # of a case it knows which row became it, and hears when nobody may read it any more
        machines=roles_of_machine,
    )
