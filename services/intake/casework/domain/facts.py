"""The facts of casework; `outgoing` makes events and work of them. None holds a word about the person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NoteWritten:
    case_id: UUID
    note_id: UUID


@dataclass(frozen=True, slots=True)
class NoteCorrected:
    """`revision` is the one that stands now."""

    case_id: UUID
    note_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class NoteStruck:
    case_id: UUID
    note_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class TaskSubject:
    """The task of a fact: of which case, None for one of the team; whose it is, None for nobody's."""

    task_id: UUID
    case_id: UUID | None
    organisation: str
    worker: str | None


@dataclass(frozen=True, slots=True)
class TaskRaised:
    about: TaskSubject
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskChanged:
    about: TaskSubject
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    about: TaskSubject


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """`reason` is a code of `task_cancellation`."""

    about: TaskSubject
    reason: str


@dataclass(frozen=True, slots=True)
class TaskReopened:
    about: TaskSubject
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskUnassigned:
    """Whoever had the task left, or lost the case."""

    about: TaskSubject


@dataclass(frozen=True, slots=True)
class TaskReminded:
    about: TaskSubject


@dataclass(frozen=True, slots=True)
class TaskOverdue:
    about: TaskSubject


@dataclass(frozen=True, slots=True)
class ClockDue:
    """At this instant the task is looked at: a reminder, or the end of its time."""

    task_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class WordsEnding:
    """A task of the team ended: at this instant its words go, if it is still as it was at `version`."""

    task_id: UUID
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WordsGone:
    """Nothing is kept under the key that a task of the team had of its own, so the key goes too."""

    key: UUID


@dataclass(frozen=True, slots=True)
class StaffLeft:
    """The staff of an organisation changed: its tasks are looked through."""

    organisation: str
    at: datetime


TaskFact = (
    TaskRaised
    | TaskChanged
    | TaskCompleted
    | TaskCancelled
    | TaskReopened
    | TaskUnassigned
    | TaskReminded
    | TaskOverdue
)
CaseworkFact = (
    NoteWritten | NoteCorrected | NoteStruck | TaskFact | ClockDue | WordsEnding | WordsGone | StaffLeft
)
