"""The facts of a draft; `outgoing` makes events and work of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DraftRaised:
    """An urgent flag stands on an intake of which there is no case yet."""

    case_id: UUID
    draft_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class DraftUnfinished:
    case_id: UUID
    draft_id: UUID
    organisation: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DraftAbandoned:
    case_id: UUID
    draft_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """The draft is to be looked at again then; only the last of a draft counts."""

    draft_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ClearingDue:
    """An abandoned draft is to be cleared then, unless it was resumed."""

    draft_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ContentGone:
    """The content is no longer kept. `nobody`: there is no case of this person either, so the key goes too."""

    draft_id: UUID
    person_id: UUID
    nobody: bool


DraftFact = DraftRaised | DraftUnfinished | DraftAbandoned | ReminderDue | ClearingDue | ContentGone
