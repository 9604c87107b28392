"""A date of which only a part may be known: the subset of EDTF level 1 that birth dates need."""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_ONE = r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?[~?%]?"
PATTERN = rf"^([0-9]{{3}}X|{_ONE}(/{_ONE})?)$"
EARLIEST_YEAR, LATEST_YEAR = 1850, 2149
"""The first and the last year taken. Outside lie typing errors and other calendars: 2541 of the Buddhist era is
refused here, and converted by `contracts.casefile.buddhist_era` where the country says that it counts by it.
"""
ADULT_AGE = 18
STRETCH_YEARS = 1
"""The years that a doubted date may be off when an age is bounded: a person who says "about 1998" knows a year, not a
day.
"""
DECADE = 10
FORMS = "a date is written 1998, 1998-05 or 1998-05-12, with ~ or ? where doubted, 199X for a decade, or 1990/1995 for a range"


class InvalidDate(ValueError):
    """Not a date of the calendar. The message names what is wrong, never the text."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """`1998`, `1998-05`, `1998-05-12`, with `~` approximate, `?` uncertain, `%` both; `199X`, some year of a decade; `1990/1995`,
    between two of the former. Of a range this is its beginning, and `until` its end.
    """

    year: int
    month: int | None = None
    day: int | None = None
    qualifier: str = ""
    decade: bool = False
    until: Self | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The date in an EDTF text. Raises InvalidDate for another form and for a day that no calendar has."""
        if not isinstance(text, str) or not re.fullmatch(PATTERN, text):
            raise InvalidDate(FORMS)
        if text.endswith("X"):
            return cls(int(text[:-1]) * DECADE, decade=True)
        first, _, last = text.partition("/")
        one = cls._one(first)
        return replace(one, until=cls._one(last)) if last else one

    @classmethod
    def _one(cls, text: str) -> Self:
        qualifier = text[-1] if text[-1] in "~?%" else ""
        year, month, day = ([int(part) for part in text.rstrip("~?%").split("-")] + [None, None])[:3]
        return cls(year or 0, month, day, qualifier)

    def __post_init__(self) -> None:
        if not EARLIEST_YEAR <= self.year <= LATEST_YEAR:
            raise InvalidDate(
                f"the year is expected between {EARLIEST_YEAR} and {LATEST_YEAR} of the common era"
            )
        if self.month is not None and not 1 <= self.month <= 12:
            raise InvalidDate("there is no such month")
        if self.day is not None and (self.month is None or not 1 <= self.day <= self._days()):
            raise InvalidDate("there is no such day")
        if self.until is not None and self.until.latest() <= self._latest():
            raise InvalidDate("a range ends later than it begins")

    def _days(self) -> int:
        return monthrange(self.year, self.month or 12)[1]

    def __str__(self) -> str:
        if self.decade:
            return f"{self.year // DECADE}X"
        parts = [f"{self.year:04}"]
        parts += [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts) + self.qualifier + ("" if self.until is None else f"/{self.until}")

    @property
    def doubted(self) -> bool:
        return bool(self.qualifier) or (self.until is not None and self.until.doubted)

    @property
    def exact(self) -> bool:
        """True for one day that nobody doubts."""
        return self.day is not None and self.until is None and not self.doubted

    def earliest(self) -> date:
        """The first day that the written part allows."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day that the written part allows."""
        return self._latest() if self.until is None else self.until.latest()

    def _latest(self) -> date:
        if self.decade:
            return date(self.year + DECADE - 1, 12, 31)
        return date(self.year, self.month or 12, self.day or self._days())

    def ages_on(self, day: date) -> tuple[int, int]:
        """The lowest and the highest age in whole years on that day of somebody born then. Negative: not yet born."""
        stretch = STRETCH_YEARS if self.doubted else 0
        return _age(self.latest(), day) - stretch, _age(self.earliest(), day) + stretch

    def may_be_child(self, day: date) -> bool:
        """Age unknown is child until shown otherwise: true unless even the lowest age is adult."""
        return self.ages_on(day)[0] < ADULT_AGE

    def is_future(self, day: date) -> bool:
        """True for a day after today, on which nobody is born, and for a range that begins or ends with one."""
        return max(self.earliest(), (self.until or self).earliest()) > day

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": PATTERN, "x-format": "edtf"}


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
