"""Dates of the Buddhist era, where a country counts by it: read as dates of the common era, in which alone dates are stored, and shown beside
them.

The year is 543 ahead, and day and month are the same. So it is since 1941; before, a year began in April, and a person of that age may be
a year younger than is counted here.
"""

import re
from collections.abc import Sequence

from contracts.casefile.partial_date import DECADE, EARLIEST_YEAR, LATEST_YEAR, InvalidDate, PartialDate

AHEAD = 543
_YEAR = re.compile(r"(?<![0-9-])[0-9]{4}")
_SHORT = re.compile(r"'?[0-9]{2}(-[0-9]{2}){0,2}[~?%]?")
WHICH_ERA = "which-era"
READINGS: Sequence[str] = ("common-era", "buddhist-era")


class AmbiguousYear(InvalidDate):
    """A year of which only two digits were written: of one era or of the other, and no one but the writer knows which."""

    def __init__(self) -> None:
        super().__init__(
            "a year of two digits is of the common era or of the Buddhist era: write its four digits"
        )


def common_era(text: str) -> str:
    """The text with each year of the Buddhist era as one of the common era; any other stays as it is. Raises AmbiguousYear."""
    ends = text.split("/")
    if len(ends) <= len(("from", "until")) and any(_SHORT.fullmatch(end) for end in ends):
        raise AmbiguousYear
    if re.fullmatch(r"[0-9]{3}X", text):
        first = int(text[:-1]) * DECADE - AHEAD
        return f"{first}/{first + DECADE - 1}" if EARLIEST_YEAR <= first <= LATEST_YEAR else text
    return _YEAR.sub(_converted, text)


def _converted(found: re.Match[str]) -> str:
    year = int(found[0]) - AHEAD
    return str(year) if EARLIEST_YEAR <= year <= LATEST_YEAR else found[0]


def buddhist_era(born: PartialDate) -> str:
    """The same date as it is written in the Buddhist era."""
    if born.decade:
        return f"{born.year + AHEAD}/{born.year + DECADE - 1 + AHEAD}"
    return _YEAR.sub(lambda found: str(int(found[0]) + AHEAD), str(born))
