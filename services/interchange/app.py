"""The parts of the service interchange."""

from pathlib import Path

from chassis.service import Service
from services.interchange import api
from services.interchange.imports import import_work
from services.interchange.reading import FileReading
from services.interchange.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service:
    service = Service(
        settings,
        name="interchange",
        router=api.router,
        versions=VERSIONS,
        work=import_work,
        follows_cases=False,  # interchange knows of a case only which row became it
        follows_directory=False,
    )
    service.ports[api.READING] = FileReading()
    return service
