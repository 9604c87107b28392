"""The events of casework, said by intake: notes on a case, and tasks. Their words stay sealed at intake and travel nowhere."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.envelope import Event
from contracts.types import CaseId, Code, Instant, OrganisationId, Pseudonym

Revision = Annotated[int, Field(ge=1)]


class NoteWrittenV1(Event):
    """Somebody who works on the case wrote a note on it."""

    type: ClassVar[str] = "note.written.v1"
    case_id: CaseId
    note_id: UUID


class NoteCorrectedV1(Event):
    """Another text of the note stands from now on; the former one is kept."""

    type: ClassVar[str] = "note.corrected.v1"
    case_id: CaseId
    note_id: UUID
    revision: Revision


class NoteStruckV1(Event):
    """The note was entered in error; its text is shown no longer."""

    type: ClassVar[str] = "note.struck.v1"
    case_id: CaseId
    note_id: UUID
    revision: Revision


class _TaskMoved(Event):
    """A task of a case, or of the team: then `case_id` is null. `about_id` is the stream: the case, else the task itself.

    `worker` has the task now; null: nobody yet. `told` is who is to hear of it: null where the worker did it themselves,
    or where there is nobody.
    """

    type: ClassVar[str] = ""
    about_id: UUID
    task_id: UUID
    organisation: OrganisationId
    case_id: CaseId | None = None
    worker: Pseudonym | None = None
    told: Pseudonym | None = None


class TaskRaisedV1(_TaskMoved):
    type: ClassVar[str] = "task.raised.v1"
    due_at: Instant | None = None


class TaskChangedV1(_TaskMoved):
    """Another worker, time or text, as it now stands."""

    type: ClassVar[str] = "task.changed.v1"
    due_at: Instant | None = None


class TaskCompletedV1(_TaskMoved):
    type: ClassVar[str] = "task.completed.v1"


class TaskCancelledV1(_TaskMoved):
    type: ClassVar[str] = "task.cancelled.v1"
    reason: Annotated[str, Code("task_cancellation")]


class TaskReopenedV1(_TaskMoved):
    """The task had been completed or cancelled too early."""

    type: ClassVar[str] = "task.reopened.v1"
    due_at: Instant | None = None


class TaskUnassignedV1(_TaskMoved):
    """Whoever had the task left the organisation or lost the case: it is nobody's, and a supervisor is told."""

    type: ClassVar[str] = "task.unassigned.v1"


class TaskRemindedV1(_TaskMoved):
    """A reminder came, and the task is still open. Said once for each reminder."""

    type: ClassVar[str] = "task.reminded.v1"


class TaskOverdueV1(_TaskMoved):
    """The time is over, and the task is still open. Said once for each time that was set."""

    type: ClassVar[str] = "task.overdue.v1"


class _LeaveMoved(Event):
    """`worker` is away, and `cover` looks after the cases. Stream: the leave."""

    type: ClassVar[str] = ""
    leave_id: UUID
    organisation: OrganisationId
    worker: Pseudonym
    cover: Pseudonym


class LeavePlannedV1(_LeaveMoved):
    type: ClassVar[str] = "leave.planned.v1"
    valid_from: Instant
    valid_until: Instant


class LeaveBegunV1(_LeaveMoved):
    """From now on the cover sees the cases of the worker. `told`: the cover."""

    type: ClassVar[str] = "leave.begun.v1"
    told: Pseudonym | None = None


class LeaveEndedV1(_LeaveMoved):
    type: ClassVar[str] = "leave.ended.v1"
    reason: Annotated[str, Code("leave_end")]


class CoverDecidedV1(Event):
    """A supervisor left a case out of a cover, or put it back. Who it is about, and why, is not said."""

    type: ClassVar[str] = "cover.decided.v1"
    case_id: CaseId
    leave_id: UUID
    left_out: bool
