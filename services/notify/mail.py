"""Mail goes out through work rows: at least once, retried with growing pauses, given up with an event."""

from email.message import EmailMessage
from uuid import UUID

import aiosmtplib
from sqlalchemy import text

from chassis.database import Transaction
from chassis.service import Service
from chassis.work import Item, WorkKind
from services.notify.domain.words import words
from services.notify.outgoing import MAIL
from services.notify.settings import Settings
from services.notify.store import mail_ended

SENT, NOWHERE = "sent", "nowhere"


def mail_work(service: Service, settings: Settings) -> WorkKind:
    async def act(item: Item) -> str:
        organisation, template = await _what(service, UUID(item.key))
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

    async def finish(tx: Transaction, item: Item, result: str) -> None:
        if result == NOWHERE:
            statement = text("update notify.notifications set mail = 'none' where id = :id and mail = 'due'")
            await tx.execute(statement, {"id": UUID(item.key)})
        else:
            await mail_ended(tx, UUID(item.key), sent=True, attempts=item.attempts)

    async def given_up(tx: Transaction, item: Item) -> None:
        await mail_ended(tx, UUID(item.key), sent=False, attempts=item.attempts)

    return WorkKind(kind=MAIL, act=act, finish=finish, max_attempts=settings.mail_attempts, given_up=given_up)


async def _what(service: Service, notification_id: UUID) -> tuple[str, str]:
    async with service.database.engine.connect() as conn:
        statement = text("select organisation, template from notify.notifications where id = :id")
        row = (await conn.execute(statement, {"id": notification_id})).one()
    return row.organisation, row.template


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
