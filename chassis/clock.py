"""The time, passed in so that a test can set it. Deadlines are measured by the database or a monotonic clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Returns an aware instant in UTC."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def day_of(at: datetime, zone: str) -> date:
    """The day that it then is at the place: a day begins at the place's own midnight."""
    return at.astimezone(ZoneInfo(zone)).date()


def next_day(at: datetime, zone: str) -> datetime:
    """The instant at which the place's next day begins."""
    tomorrow = day_of(at, zone) + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, ZoneInfo(zone)).astimezone(UTC)
