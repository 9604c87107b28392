"""The filter of a search: every part that is given must hold."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID


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

    def given(self) -> dict[str, Any]:
        """The parts that are given, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}
