"""The time that somebody who is told of a case may take, by urgency: data of the country, in hours or working days of
its calendar.

Referral asks it for an answer to an offer, intake for the first time that somebody opens a case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

PROBE: Final = datetime(2000, 1, 3, tzinfo=UTC)
"""An arbitrary instant: a reminder that comes too late comes too late from every one."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A country's working days. `zone` is where its days begin; `weekend` are ISO weekdays (Monday is 1)."""

    zone: tzinfo
    weekend: frozenset[int]
    holidays: frozenset[date]

    def __post_init__(self) -> None:
        if not set(range(1, 8)) - self.weekend:
            raise ValueError("a week has a working day")

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The same time of day, so many working days later; a start on a free day counts from the next working day."""
        local = start.astimezone(self.zone)
        left = days
        while left:
            local += timedelta(days=1)
            if self._works(local.date()):
                left -= 1
        return local.astimezone(UTC)

    def _works(self, day: date) -> bool:
        return day.isoweekday() not in self.weekend and day not in self.holidays


@dataclass(frozen=True, slots=True)
class Span:
    """Either minutes or working days."""

    minutes: int = 0
    working_days: int = 0

    def after(self, start: datetime, calendar: Calendar) -> datetime:
        return calendar.add_working_days(start, self.working_days) + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Deadlines:
    remind_at: datetime
    respond_by: datetime


@dataclass(frozen=True, slots=True)
class ResponseClock:
    """`spans` maps an urgency to when to remind and when the offer expires."""

    calendar: Calendar
    spans: Mapping[str, tuple[Span, Span]]

    def __post_init__(self) -> None:
        for urgency in self.spans:
            deadlines = self.deadlines(urgency, PROBE)
            if not PROBE < deadlines.remind_at < deadlines.respond_by:
                raise ValueError(f"the reminder for {urgency} must come before its expiry")

    def deadlines(self, urgency: str, start: datetime) -> Deadlines:
        """When to remind and when the offer expires. An urgency that the law does not name gets the shortest times of
        all: silence is noticed early.
        """
        spans = [self.spans[urgency]] if urgency in self.spans else list(self.spans.values())
        remind, expire = min(spans, key=lambda pair: pair[1].after(start, self.calendar))
        return Deadlines(remind.after(start, self.calendar), expire.after(start, self.calendar))
