"""A disclosure from abroad as this side of the border keeps it: its grant's terms, and whether it was taken back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.border.items import Answer
from services.exchange.domain.disclosure import answer_item
from services.exchange.domain.facts import ControlDue, Fact


class ReceivedState(StrEnum):
    """The states of a received disclosure. A tombstone stands for one that was recalled before it was opened."""

    OPEN = "open"
    RECALLED = "recalled"
    ANSWERED = "answered"
    TOMBSTONE = "tombstone"


@dataclass(slots=True)
class ReceivedDisclosure:
    id: UUID
    sender_cell: str
    state: ReceivedState
    case_id: UUID | None = None
    referral_id: UUID | None = None
    reference: UUID | None = None
    valid_until: datetime | None = None
    back_categories: tuple[str, ...] = ()
    changed: bool = False

    def recall(self) -> bool:
        """Take the recall. True where the disclosure was open here and someone has to close it; a tombstone is
        answered at once.
        """
        if self.state is not ReceivedState.OPEN:
            return False
        self.state, self.changed = ReceivedState.RECALLED, True
        return True

    def close(self, answer: str, law: str | None) -> list[Fact]:
        """Close the disclosure in this cell and tell the sender how. An answer may be made better later (restricted,
        then retained).
        """
        if self.state not in {ReceivedState.RECALLED, ReceivedState.ANSWERED}:
            return []
        self.state, self.changed = ReceivedState.ANSWERED, True
        content = Answer(self.id, answer, law)
        return [ControlDue(answer_item(self.id, answer), self.sender_cell, content, self.reference)]
