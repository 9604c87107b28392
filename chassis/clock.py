"""The time, passed in so that a test can set it. Deadlines are measured by the database or a monotonic clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns an aware instant in UTC."""


def utc_now() -> datetime:
    return datetime.now(UTC)
