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
    """Nothing is kept under the key that a task of the team had of its own, so the key goes too: at once, or then."""

    key: UUID
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StaffLeft:
    """The staff of an organisation changed: its tasks are looked through."""

    organisation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeaveSubject:
    """The leave of a fact: who is away, and who covers."""

    leave_id: UUID
    organisation: str
    worker: str
    cover: str


@dataclass(frozen=True, slots=True)
class LeavePlanned:
    about: LeaveSubject
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class LeaveBegun:
    about: LeaveSubject


@dataclass(frozen=True, slots=True)
class LeaveEnded:
    """`reason` is a code of `leave_end`."""

    about: LeaveSubject
    reason: str


@dataclass(frozen=True, slots=True)
class LeaveClockDue:
    """At this instant the leave begins, or is over."""

    leave_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class CoversDue:
    """The cases of whoever is away are looked through, because the leave came to this state."""

    leave_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class CoverDecided:
    """A case was left out of a cover, or put back."""

    case_id: UUID
    leave_id: UUID
    left_out: bool


@dataclass(frozen=True, slots=True)
class CaseCovered:
    """Whoever covers in a case, beside those who have it, as it now stands."""

    case_id: UUID
    organisation: str
    workers: tuple[str, ...]
    covers: tuple[str, ...]


LeaveFact = LeavePlanned | LeaveBegun | LeaveEnded | LeaveClockDue | CoversDue | CoverDecided | CaseCovered
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
    NoteWritten
    | NoteCorrected
    | NoteStruck
    | TaskFact
    | LeaveFact
    | ClockDue
    | WordsEnding
    | WordsGone
    | StaffLeft
)
