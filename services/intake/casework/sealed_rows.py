"""Rows whose values are still sealed, as queries answer them and routes open them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.casework.domain.notes import NoteState
from services.intake.casework.domain.tasks import TaskState


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note as it stands: the text, or the reason, of its newest revision, and who made that one."""

    id: UUID
    category: str
    organisation: str
    by: str
    at: datetime
    state: NoteState
    revision: int
    text: str | None
    reason: str | None
    revised_by: str
    revised_at: datetime


@dataclass(frozen=True, slots=True)
class NoteRevisionRow:
    revision: int
    text: str | None
    reason: str | None
    organisation: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a list has it; `content` is ciphertext under the key of `person_id`. `order_at` is its place in the list."""

    id: UUID
    case_id: UUID | None
    case_reference: str | None
    call_id: UUID | None
    kind: str
    state: TaskState
    worker: str | None
    due_at: datetime | None
    remind_at: datetime | None
    cancel_offered: bool
    raised_at: datetime
    raised_by: str
    ended_at: datetime | None
    ended_by: str | None
    version: int
    content: str | None
    person_id: UUID | None
    order_at: datetime
