"""The events of notify: somebody was told, or could not be; never the text."""

from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.types import CaseId, Code


class NotificationSentV1(Event):
    type: ClassVar[str] = "notification.sent.v1"
    case_id: CaseId
    notification_id: UUID
    channel: Annotated[str, Code("notification_channel")]
    template: Annotated[str, Code("notification_template")]


class NotificationFailedV1(Event):
    type: ClassVar[str] = "notification.failed.v1"
    case_id: CaseId
    notification_id: UUID
    channel: Annotated[str, Code("notification_channel")]
    template: Annotated[str, Code("notification_template")]
    attempts: int
