"""The filter of a search: every part that is given must hold."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

LONGEST_PERIOD = timedelta(days=31)
"""The longest period of which everything is handed out at once."""


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

    def given(self) -> dict[str, Any]:
        """The parts that are given, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}
