"""A grant received with a disclosure: what this cell may do with the fields, until it ends or is recalled."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.grant import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedTerms(Grant):
    """A grant with the referral for which it came, and from whom."""

    referral_id: UUID
    sender: str
    sender_cell: str


@dataclass(slots=True)
class ReceivedGrant:
    """`terms` is None where the recall came first: then the grant is closed before it is known."""

    disclosure_id: UUID
    case_id: UUID
    terms: ReceivedTerms | None = None
    closed: bool = False
    closed_for: str | None = None
    """Why, where the recall says so."""
    changed: bool = False

    def granted(self, now: datetime) -> bool:
        return self.terms is not None and not self.closed and now < self.terms.valid_until

    def receive(self, terms: ReceivedTerms) -> None:
        """Kept once; a grant that was recalled stays closed whatever arrives after."""
        if self.terms is None:
            self.terms, self.changed = terms, True

    def recall(self, reason: str | None) -> None:
        """Monotone: closed for good."""
        if not self.closed:
            self.closed = self.changed = True
            self.closed_for = reason
