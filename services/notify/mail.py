"""Mail goes out through work rows: at least once, retried with growing pauses, given up with an event."""

from email.message import EmailMessage
from uuid import UUID

import aiosmtplib

from chassis.database import Transaction
from chassis.service import Service
from chassis.work import WorkItem, WorkKind
from services.notify.domain.words import words
from services.notify.outgoing import MAIL
from services.notify.settings import Settings
from services.notify.store import notifications

SENT, NOWHERE = "sent", "nowhere"


def mail_work(service: Service, settings: Settings) -> WorkKind:
    async def act(item: WorkItem) -> str:
        async with service.database.transaction(service.database.system()) as tx:
            organisation, template = await notifications.to_be_mailed(tx, UUID(item.key))
        address = settings.mail_addresses.get(organisation)
        if address is None or settings.smtp_host is None:
            return NOWHERE
        await aiosmtplib.send(
            _message(settings, organisation, address, template, item.key),
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            timeout=20,
        )
        return SENT

    async def finish(tx: Transaction, item: WorkItem, result: str) -> None:
        if result == NOWHERE:
            await notifications.mail_has_nowhere_to_go(tx, UUID(item.key))
        else:
            await notifications.mail_ended(tx, UUID(item.key), sent=True, attempts=item.attempts)

    async def given_up(tx: Transaction, item: WorkItem) -> None:
        await notifications.mail_ended(tx, UUID(item.key), sent=False, attempts=item.attempts)

    return WorkKind(kind=MAIL, act=act, finish=finish, max_attempts=settings.mail_attempts, given_up=given_up)


def _message(
    settings: Settings, organisation: str, address: str, template: str, reference: str
) -> EmailMessage:
    language = settings.organisation_languages.get(organisation, "en")
    subject, body = words(template, language, reference[:8], settings.sign_in_url)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, address, subject
    message["Message-ID"] = f"<{reference}@{settings.mail_from.split('@')[-1]}>"
    message.set_content(body)
    return message
