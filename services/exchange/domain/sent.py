"""Items in an envelope that wait for a receipt, and codes that wait to leave: their states and moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from contracts.border.items import ControlContent, ItemClass


class SentState(StrEnum):
    """The states of an item in one envelope. Control is never receipted, so it is SENT and waits for nothing."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    RESEALED = "resealed"
    VOID = "void"
    SENT = "sent"


ENDS = frozenset(
    {SentState.DELIVERED, SentState.REFUSED, SentState.QUARANTINED, SentState.RESEALED, SentState.VOID}
)
"""The ends of an item that waits. It moves on from none of them: an item that is sealed again stands in another
envelope.
"""


class QueueState(StrEnum):
    """The states of a process code, from the move that it tells to the partner's answer."""

    WAITING = "waiting"
    SEALED = "sealed"
    DELIVERED = "delivered"
    REFUSED = "refused"
    DROPPED = "dropped"


Q = QueueState
QUEUE: Mapping[QueueState, frozenset[QueueState]] = MappingProxyType(
    {
        Q.WAITING: frozenset({Q.SEALED, Q.DELIVERED, Q.REFUSED, Q.DROPPED}),
        Q.SEALED: frozenset({Q.WAITING, Q.DELIVERED, Q.REFUSED}),
        Q.DELIVERED: frozenset(),
        Q.REFUSED: frozenset(),
        Q.DROPPED: frozenset(),
    }
)
"""The moves of a process code. It waits again when its envelope did not arrive whole; and the first envelope may be
answered while the second waits.
"""

UNANSWERED = frozenset(state for state, to in QUEUE.items() if Q.DELIVERED in to)


class WrongItemMove(ValueError):
    """The item does not stand where this move could begin."""


def before(to: QueueState) -> frozenset[QueueState]:
    """The states from which a process code can get there."""
    return frozenset(state for state, reached in QUEUE.items() if to in reached)


@dataclass(frozen=True, slots=True)
class SentControl:
    """A control item of ours, kept whole so that it can be sealed again."""

    item_id: UUID
    content: ControlContent
    reference: UUID | None = None


@dataclass(frozen=True, slots=True)
class SentProcess:
    """A process code of ours, as this cell remembers it."""

    item_id: UUID
    case_id: UUID
    referral_id: UUID | None


@dataclass(frozen=True, slots=True)
class SentDisclosure:
    """A disclosure of ours, as this cell remembers it: never its data."""

    item_id: UUID
    case_id: UUID
    disclosure_id: UUID
    referral_id: UUID


SentItem = SentControl | SentProcess | SentDisclosure

CLASSES: Mapping[type[SentItem], ItemClass] = MappingProxyType(
    {
        SentControl: ItemClass.CONTROL,
        SentProcess: ItemClass.PROCESS,
        SentDisclosure: ItemClass.DISCLOSURE,
    }
)
