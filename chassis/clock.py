"""The time, passed in so that a test can set it. Deadlines are measured by the database or a monotonic clock.

A day is a day of the place: a date of the calendar (a birth date, an age, a working day) is compared with the date
there, which is not that of UTC for many hours of each day.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Returns an aware instant in UTC."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The date at this instant at the place. The one function that makes a date of an instant."""
    return instant.astimezone(zone).date()


def next_day(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the place's next day begins."""
    tomorrow = day_of(instant, zone) + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, zone).astimezone(UTC)
