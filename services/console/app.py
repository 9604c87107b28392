"""The parts of the service console."""

from functools import cached_property
from pathlib import Path

from fastapi import APIRouter, FastAPI

from chassis.service import Service
from services.console.parts import Parts
from services.console.serving import BesideTheApi, pages
from services.console.sessions import Sessions
from services.console.settings import Settings
from services.console.signing_in import SignIn
from services.console.unsent import UnsentForms

VERSIONS = Path(__file__).parent / "migrations" / "versions"


class Console(Service[Settings, Parts]):
    """A service whose routes are pages: they stand before the routes that every service has."""

    @cached_property
    def app(self) -> FastAPI:
        app = super().app
        app.add_middleware(BesideTheApi, pages=pages())
        return app


def _parts(service: Service[Settings]) -> Parts:
    sign_in = SignIn(service.settings, service.peers, service.clock)
    return Parts(
        sign_in, Sessions(service.database, service.settings, sign_in), UnsentForms(service.database)
    )


def build(settings: Settings) -> Service[Settings, Parts]:
    return Console(
        settings,
        name="console",
        router=APIRouter(),
        versions=VERSIONS,
        parts=_parts,
        follows_cases=False,  # it keeps nothing about anybody's case
    )
