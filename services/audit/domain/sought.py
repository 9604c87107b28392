"""The filter of a search: every part that is given must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.domain.chain import Leaf

LONGEST_PERIOD = timedelta(days=31)
"""The longest period of which everything is handed out at once."""

COMMON = ("referral_id", "return_id", "subject_id", "disclosure_id", "consent_id")
"""The members of `details` that name something that both halves know by the same identifier."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A filter of the log. `about` is a referral, a return, a disclosure or a consent, by the identifier that both
    halves share; `since` is included and `until` is not.
    """

    case_id: UUID | None = None
    actor: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    type: str | None = None
    about: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        """True where a case, an actor, an organisation or a matter is named, or a period that is not longer than may be."""
        if self.since is not None and self.until is not None and self.until - self.since <= LONGEST_PERIOD:
            return True
        return any((self.case_id, self.actor, self.organisation, self.about))

    def matches(self, leaf: Leaf, details: Mapping[str, Any]) -> bool:
        """True for an entry that is sought."""
        exact = {
            "stream": None if self.case_id is None else str(self.case_id),
            "actor": self.actor,
            "organisation": self.organisation,
            "purpose": self.purpose,
            "type": self.type,
        }
        return (
            all(wanted in (None, getattr(leaf, name)) for name, wanted in exact.items())
            and (self.about is None or str(self.about) in [details.get(name) for name in COMMON])
            and (self.since is None or leaf.time >= self.since)
            and (self.until is None or leaf.time < self.until)
        )

    def given(self) -> dict[str, Any]:
        """The parts that are given, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}
