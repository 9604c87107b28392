"""A calendar month of a cell, and when it may be counted. Pure, the same everywhere."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

SETTLED = timedelta(days=7)
"""A month is counted when it has been over for so long."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the cell."""

    first: date

    @property
    def following(self) -> "Month":
        return Month((self.first + timedelta(days=31)).replace(day=1))

    def begins(self, zone: tzinfo) -> datetime:
        return datetime.combine(self.first, time(), zone)

    def is_settled(self, now: datetime, zone: tzinfo) -> bool:
        return self.following.begins(zone) + SETTLED <= now
