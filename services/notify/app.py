"""The parts of the service notify."""

from pathlib import Path

from chassis.service import Service
from services.notify import api, handlers
from services.notify.held import HELD
from services.notify.mail import mail_work
from services.notify.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings]:
    return Service(
        settings,
        name="notify",
        holds=HELD,
        router=api.router,
        versions=VERSIONS,
        subscriptions=[handlers.subscription(settings.mailboxes)],
        awaited=(),
        work=lambda service: [mail_work(service, settings)],
    )
