"""The events by which an auditor asks the partner's for the other half of a case: said by audit, carried by exchange."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.types import CaseId, Cell, Code, EventType, ExtractedCode, Instant, Sha256


class ExtractHead(BaseModel):
    """The log of which the extract is: its length, the hash that covers it, and the root of the tree over its hashes."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    entries: int
    hash: Sha256
    root: Sha256
    path: tuple[Sha256, ...]


class ExtractedEntry(BaseModel):
    """One released entry, without its content: what happened about which matter, when, by which kind of organisation."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    entry: int
    at: Instant
    event: EventType
    about: UUID
    hash: Sha256
    path: tuple[Sha256, ...]
    role: Annotated[str, Code("recipient_role")] | None = None
    code: ExtractedCode | None = None


class ExtractRequestedV1(Event):
    """An auditor of this cell asks the partner's for the other half of a case."""

    type: ClassVar[str] = "extract.requested.v1"
    case_id: CaseId
    request_id: UUID
    recipient_cell: Cell
    about: tuple[UUID, ...]
    reason: Annotated[str, Code("extract_reason")]
    due_at: Instant


class ExtractWithdrawnV1(Event):
    """An auditor of this cell takes back what was asked of the partner's, who is told what was asked: an answer that is under way is none any more."""

    type: ClassVar[str] = "extract.withdrawn.v1"
    case_id: CaseId
    request_id: UUID
    recipient_cell: Cell
    about: tuple[UUID, ...] = ()
    reason: Annotated[str, Code("extract_reason")] | None = None


class ExtractReleasedV1(Event):
    """An auditor of this cell released entries about a case to the partner's; once for each case."""

    type: ClassVar[str] = "extract.released.v1"
    case_id: CaseId
    request_id: UUID
    recipient_cell: Cell
    entries: tuple[int, ...]


class ExtractPreparedV1(Event):
    """One part of what was released, with its proofs. Stream: the request."""

    type: ClassVar[str] = "extract.prepared.v1"
    request_id: UUID
    recipient_cell: Cell
    about: tuple[UUID, ...]
    reason: Annotated[str, Code("extract_reason")]
    part: int
    parts: int
    withheld: int
    head: ExtractHead
    entries: tuple[ExtractedEntry, ...]


class ExtractRefusedV1(Event):
    """A request of the partner's auditor was refused, by an auditor of this cell or by a limit. Stream: the request."""

    type: ClassVar[str] = "extract.refused.v1"
    request_id: UUID
    recipient_cell: Cell
    reason: Annotated[str, Code("extract_refusal")]


class ExtractAskedV1(Event):
    """The partner's auditor asks for entries of this log. Stream: the request."""

    type: ClassVar[str] = "extract.asked.v1"
    request_id: UUID
    sender_cell: Cell
    about: tuple[UUID, ...]
    reason: Annotated[str, Code("extract_reason")]
    at: Instant


class ExtractRetractedV1(Event):
    """The partner's auditor takes back what was asked of ours: it is answered no more. Stream: the request."""

    type: ClassVar[str] = "extract.retracted.v1"
    request_id: UUID
    sender_cell: Cell
    about: tuple[UUID, ...]
    reason: Annotated[str, Code("extract_reason")]
    at: Instant


class ExtractReceivedV1(Event):
    """One part of what the partner's auditor released to ours. Stream: the request."""

    type: ClassVar[str] = "extract.received.v1"
    request_id: UUID
    sender_cell: Cell
    part: int
    parts: int
    withheld: int
    head: ExtractHead
    entries: tuple[ExtractedEntry, ...]
    at: Instant


class ExtractDeclinedV1(Event):
    """The partner's auditor, or a limit there, refused a request of ours; or what came does not fit its proofs. Stream: the request."""

    type: ClassVar[str] = "extract.declined.v1"
    request_id: UUID
    sender_cell: Cell
    reason: Annotated[str, Code("extract_refusal")] | None = None
    at: Instant
