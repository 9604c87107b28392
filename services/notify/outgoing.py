"""The events of a notice: told in the inbox at once, due by mail, sent, or failed for good."""

from uuid import UUID

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events.notify import NotificationFailedV1, NotificationSentV1

MAIL = "mail"


def told(notification_id: UUID, case_id: UUID, template: str, *, mailed: bool) -> list[Event | DueWork]:
    """The events of a notice that is in the inbox now, and its mail, which goes as soon as the server takes it."""
    sent = NotificationSentV1(
        case_id=case_id, notification_id=notification_id, channel="inbox", template=template
    )
    return [sent, DueWork(MAIL, str(notification_id))] if mailed else [sent]


def mailed(notification_id: UUID, case_id: UUID, template: str) -> NotificationSentV1:
    return NotificationSentV1(
        case_id=case_id, notification_id=notification_id, channel="mail", template=template
    )


def failed(notification_id: UUID, case_id: UUID, template: str, attempts: int) -> NotificationFailedV1:
    return NotificationFailedV1(
        case_id=case_id, notification_id=notification_id, channel="mail", template=template, attempts=attempts
    )
