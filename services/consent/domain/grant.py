"""A grant received with a disclosure: what this cell may do with the fields, until it ends or is recalled."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """The grant as it travelled in the envelope."""

    referral_id: UUID
    sender: str
    sender_cell: str
    recipient: str
    purpose: str
    fields: tuple[str, ...]
    back_categories: tuple[str, ...]
    consent_revision: int
    consent_sha256: str
    agreement_id: str
    agreement_version: int
    valid_until: datetime
    basis: str | None = None
    law: str | None = None


def readable(valid_until: datetime | None, now: datetime, *, closed: bool) -> bool:
    """True while this cell may read the fields. Without `valid_until` the recall came first, and the grant never did."""
    return valid_until is not None and not closed and now < valid_until


@dataclass(slots=True)
class ReceivedGrant:
    """A received grant. `terms` is None where the recall came first: then the grant is closed before it is known."""

    disclosure_id: UUID
    case_id: UUID
    terms: GrantTerms | None = None
    closed: bool = False
    closed_for: str | None = None
    """The reason of the recall, where it says one."""
    changed: bool = False

    def granted(self, now: datetime) -> bool:
        return readable(None if self.terms is None else self.terms.valid_until, now, closed=self.closed)

    def receive(self, terms: GrantTerms) -> None:
        """Keep the terms, once; a grant that was recalled stays closed whatever arrives after."""
        if self.terms is None:
            self.terms, self.changed = terms, True

    def recall(self, reason: str | None) -> None:
        """Close the grant for good."""
        if not self.closed:
            self.closed = self.changed = True
            self.closed_for = reason
