"""The facts of the border, as the domain says them; `outgoing.py` maps each to its contract event or its work."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.border.items import Answer, ControlContent, ItemClass


@dataclass(frozen=True, slots=True)
class SealDue:
    """A disclosure may be sealed for a cell, at once or not before `due`. `attempt` tells a resend from the first time,
    `replaces` is the number of the envelope that it is sent instead of.
    """

    disclosure_id: UUID
    cell: str
    attempt: int = 0
    replaces: int | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class ControlDue:
    """A control item for the authority of a cell; its identifier makes it one item, however often it is asked for."""

    item_id: UUID
    cell: str
    content: ControlContent
    reference: UUID | None = None
    attempt: int = 0
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class ProcessDue:
    """A process item that waits to be sealed for a cell, at once or not before `due`."""

    item_id: UUID
    cell: str
    attempt: int = 0
    replaces: int | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The members that every fact about an item of ours has."""

    case_id: UUID
    item_id: UUID
    item_class: ItemClass
    disclosure_id: UUID | None
    referral_id: UUID | None
    recipient_cell: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemSealed(ItemOutcome):
    envelope_id: UUID
    envelope_seq: int


@dataclass(frozen=True, slots=True)
class ItemDelivered(ItemOutcome):
    pass


@dataclass(frozen=True, slots=True)
class ItemRefused(ItemOutcome):
    code: str


@dataclass(frozen=True, slots=True)
class RecallAnswered:
    case_id: UUID
    disclosure_id: UUID
    answer: Answer
    at: datetime


Fact = SealDue | ControlDue | ProcessDue | ItemSealed | ItemDelivered | ItemRefused | RecallAnswered
