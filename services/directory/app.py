"""The parts of the service directory."""

from pathlib import Path

from chassis.service import Service
from chassis.web.routes import gathered
from services.directory import api, handlers, machines, proposals_api
from services.directory.seeding import Seeding
from services.directory.settings import Settings
from services.directory.store.machines import roles_of_machine

VERSIONS = Path(__file__).parent / "migrations" / "versions"

router = gathered(api.router, machines.router, proposals_api.router)


def build(settings: Settings) -> Service[Settings]:
    return Service(
        settings,
        name="directory",
        router=router,
        versions=VERSIONS,
        subscriptions=[handlers.subscription()],
        background=lambda service: [Seeding(service, settings)],
        follows_cases=False,  # an organisation's entry is about nobody's case
        machines=roles_of_machine,
        follows_directory=False,  # this is the service that keeps the directory
    )
