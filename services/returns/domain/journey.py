"""The journey: when and where she is expected, and how one half hears of it from the other."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

UNTOLD = timedelta(days=3)
"""The time after which somebody asks for her, where the other side did not say when she is expected."""

LONGEST = timedelta(days=30)
"""The time after which somebody asks for her, whatever the other side said."""


@dataclass(frozen=True, slots=True)
class Journey:
    """When she is expected and at what kind of place (a code of `handover_point`); None where the other side did not say."""

    expected_at: datetime
    handover: str | None
    escorted: bool | None


@dataclass(frozen=True, slots=True)
class FollowedMove:
    """A move of the other half besides its verb: its time, its reason, its journey."""

    at: datetime
    reason: str | None = None
    journey: Journey | None = None


def bounded(told: Journey | None, now: datetime) -> Journey:
    """The journey as the other side tells it, as far as our own clock lets itself be put off."""
    if told is None:
        return Journey(now + UNTOLD, None, None)
    return replace(told, expected_at=min(told.expected_at, now + LONGEST))
