"""A grant received with a disclosure: what this cell may do with the fields, until it ends or is recalled."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.grant import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedTerms(Grant):
    """A grant with the referral for which it came, and from whom."""

    referral_id: UUID
    sender: str
    sender_cell: str


def readable(valid_until: datetime | None, now: datetime, *, closed: bool) -> bool:
    """True while this cell may read the fields. Without `valid_until` the recall came first, and the grant never did."""
    return valid_until is not None and not closed and now < valid_until


@dataclass(slots=True)
class ReceivedGrant:
    """A received grant. `terms` is None where the recall came first: then the grant is closed before it is known."""

    disclosure_id: UUID
    case_id: UUID
    terms: ReceivedTerms | None = None
    closed: bool = False
    closed_for: str | None = None
    """The reason of the recall, where it says one."""
    changed: bool = False

    def granted(self, now: datetime) -> bool:
        return readable(None if self.terms is None else self.terms.valid_until, now, closed=self.closed)

    def receive(self, terms: ReceivedTerms) -> None:
        """Keep the terms, once; a grant that was recalled stays closed whatever arrives after."""
        if self.terms is None:
            self.terms, self.changed = terms, True

    def recall(self, reason: str | None) -> None:
        """Close the grant for good."""
        if not self.closed:
            self.closed = self.changed = True
            self.closed_for = reason


@dataclass(slots=True)
class CaseGrants:
    """All grants that were received for one case, as a batch of events finds them."""

    case_id: UUID
    grants: dict[UUID, ReceivedGrant] = field(default_factory=dict)

    def grant(self, disclosure_id: UUID) -> ReceivedGrant:
        """The grant of this disclosure, made anew where none is known yet."""
        return self.grants.setdefault(disclosure_id, ReceivedGrant(disclosure_id, self.case_id))
