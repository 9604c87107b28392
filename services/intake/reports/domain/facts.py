"""The facts of calls and incidents; `outgoing` makes events and work of them. None holds a word that was said."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CallStarted:
    call_id: UUID
    organisation: str
    urgency: str


@dataclass(frozen=True, slots=True)
class CallRaised:
    """An urgent flag was noted in a call; the task is the first that it asks for."""

    call_id: UUID
    organisation: str
    task_id: UUID


@dataclass(frozen=True, slots=True)
class CallClosed:
    call_id: UUID
    organisation: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallReopened:
    call_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class CallAttached:
    """The call is part of her case from now on; `agreed` is how she consented to it."""

    case_id: UUID
    call_id: UUID
    organisation: str
    agreed: str


@dataclass(frozen=True, slots=True)
class CallDetached:
    case_id: UUID
    call_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class CallCleared:
    """The words of a call that is nobody's were deleted."""

    call_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class CallClockDue:
    """At this instant the call is looked at: half of its time is over, or all. Counts only while it still ends then."""

    call_id: UUID
    at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OwnKeyUnneeded:
    """Nothing is kept any more under a key that was one thing's own, a call's or an incident's: it goes at once, or then."""

    key: UUID
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordLeft:
    """The words of the call, or of this task about it, are no longer under the key of this person."""

    person_id: UUID
    record: str
    task_id: UUID | None = None


CallEvent = CallStarted | CallRaised | CallClosed | CallReopened | CallAttached | CallDetached | CallCleared
CallFact = CallEvent | CallClockDue | OwnKeyUnneeded | RecordLeft


@dataclass(frozen=True, slots=True)
class IncidentRecorded:
    incident_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class IncidentCorrected:
    """`revision` is the one that stands now."""

    incident_id: UUID
    organisation: str
    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class IncidentWithdrawn:
    incident_id: UUID
    organisation: str
    reason: str


@dataclass(frozen=True, slots=True)
class IncidentCleared:
    """The time of its words was over, and they were deleted."""

    incident_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class IncidentWordsDue:
    """At this instant the words of this revision go, unless others have taken their place."""

    incident_id: UUID
    revision: int
    at: datetime


IncidentEvent = IncidentRecorded | IncidentCorrected | IncidentWithdrawn | IncidentCleared
IncidentFact = IncidentEvent | IncidentWordsDue | OwnKeyUnneeded
