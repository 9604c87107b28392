"""The commands of an operator to the pipeline itself. They travel with the access records, unsequenced: no stream
waits for them.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.envelope import Event
from contracts.types import Code, TicketId

STREAM_PATTERN = r"^[A-Za-z0-9_.\-/]{1,120}$"
StreamName = Annotated[str, StringConstraints(pattern=STREAM_PATTERN)]
TopicName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,120}$")]


class OperationPerformedV1(Event):
    """An operator's command was carried out. The attributes name the operator, the time and the service; the words
    about it are in the ticket, not here.
    """

    type: ClassVar[str] = "operation.performed.v1"
    operation: Annotated[str, Code("operation")]
    operation_reason: Annotated[str, Code("operation_reason")]
    ticket: TicketId | None = None
    stream: Annotated[StreamName, Field(description="the stream it was about; else `operations`")] = (
        "operations"
    )
    publisher: Annotated[StreamName, Field(description="who says that stream")] | None = None
    topic: TopicName | None = None
    partition: int | None = None
    position: Annotated[int, Field(description="the event's sequence, or the offset before")] | None = None
    moved_to: Annotated[int, Field(description="the offset from now on")] | None = None
    target_id: Annotated[UUID, Field(description="the work, the replay or the stop")] | None = None
    streams: Annotated[int, Field(description="how many streams it concerned, or may concern")] | None = None
