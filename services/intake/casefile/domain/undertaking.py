"""A referral or a return of a case, as its own service last said that it stands: whether somebody still waits for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class UndertakingKind(StrEnum):
    REFERRAL = "referral"
    TRANSFER = "transfer"
    """Ends with its answer, which `Custody` follows: no undertaking of either organisation is left."""
    RETURN = "return"


class UndertakingState(StrEnum):
    WAITING = "waiting"
    """Sent, and nobody has answered."""
    UNANSWERED = "unanswered"
    """The time ended without an answer. A late answer still counts."""
    GOING_ON = "going_on"
    ENDED = "ended"
    IN_ERROR = "in_error"
    """Sent to whom it should never have been sent."""


@dataclass(slots=True)
class Undertaking:
    """One half of a referral or return. What was said last counts: its service says everything of a case in order.

    Only that a referral was entered in error may run ahead of what came earlier (it protects), so nothing moves it any more.
    """

    id: UUID
    half: str
    case_id: UUID | None = None
    kind: UndertakingKind = UndertakingKind.REFERRAL
    state: UndertakingState = UndertakingState.WAITING
    service: str | None = None
    """The service that was asked for; None where it is not known."""
    sent_at: datetime | None = None
    changed: bool = False

    def send(self, case_id: UUID, kind: UndertakingKind, service: str, at: datetime) -> None:
        self.kind, self.service, self.sent_at = kind, service, at
        self.move(case_id, self.state if self.case_id is not None else UndertakingState.WAITING)

    def become_transfer(self, case_id: UUID) -> None:
        self.kind = UndertakingKind.TRANSFER
        self.move(case_id, self.state)

    def move(self, case_id: UUID, state: UndertakingState, kind: UndertakingKind | None = None) -> None:
        self.kind = kind or self.kind
        if self.state is not UndertakingState.IN_ERROR:
            self.state = state
        self.case_id, self.changed = case_id, True
