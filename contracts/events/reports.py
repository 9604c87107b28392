"""The events of calls to the hotline and of incidents, said by intake. Words stay sealed at intake and travel nowhere."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.envelope import Event
from contracts.types import CaseId, Code, OrganisationId


class CallStartedV1(Event):
    """Somebody called, and what they said is being written down."""

    type: ClassVar[str] = "call.started.v1"
    call_id: UUID
    organisation: OrganisationId
    urgency: Annotated[str, Code("urgency")]


class CallRaisedV1(Event):
    """An urgent flag was noted in a call that is no case. `task_id` is the first step that it asks for, and nobody's yet."""

    type: ClassVar[str] = "call.raised.v1"
    about_id: UUID
    task_id: UUID
    call_id: UUID
    organisation: OrganisationId


class CallClosedV1(Event):
    type: ClassVar[str] = "call.closed.v1"
    call_id: UUID
    organisation: OrganisationId
    reason: Annotated[str, Code("call_closing")]


class CallReopenedV1(Event):
    """The call had been closed too early, or for a reason that was none."""

    type: ClassVar[str] = "call.reopened.v1"
    call_id: UUID
    organisation: OrganisationId


class CallAttachedV1(Event):
    """The call is part of the case from now on. `agreed`: how she consented to that."""

    type: ClassVar[str] = "call.attached.v1"
    case_id: CaseId
    call_id: UUID
    organisation: OrganisationId
    agreed: Annotated[str, Code("call_consent")]


class CallDetachedV1(Event):
    """The call is no longer part of the case: it was another's, or she took it back."""

    type: ClassVar[str] = "call.detached.v1"
    case_id: CaseId
    call_id: UUID
    organisation: OrganisationId


class CallClearedV1(Event):
    """The call was nobody's in the time that the country allows, and its words were deleted with their key."""

    type: ClassVar[str] = "call.cleared.v1"
    call_id: UUID
    organisation: OrganisationId


class IncidentRecordedV1(Event):
    """Something happens at a place; it is about no person. What, and where, stays at intake."""

    type: ClassVar[str] = "incident.recorded.v1"
    incident_id: UUID
    organisation: OrganisationId


class IncidentCorrectedV1(Event):
    """Another account of it stands from now on, for those with whom it is shared now."""

    type: ClassVar[str] = "incident.corrected.v1"
    incident_id: UUID
    organisation: OrganisationId
    revision: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Code("incident_correction")]


class IncidentWithdrawnV1(Event):
    type: ClassVar[str] = "incident.withdrawn.v1"
    incident_id: UUID
    organisation: OrganisationId
    reason: Annotated[str, Code("incident_withdrawal")]


class IncidentClearedV1(Event):
    """The time of its words was over, and they were deleted with their key."""

    type: ClassVar[str] = "incident.cleared.v1"
    incident_id: UUID
    organisation: OrganisationId
