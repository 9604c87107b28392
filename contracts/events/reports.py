"""The events of calls to the hotline, said by intake. What was said in one stays sealed at intake and travels nowhere."""

from typing import Annotated, ClassVar
from uuid import UUID

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
