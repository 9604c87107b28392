"""The count of the cases that were opened here in one calendar month: each dimension by itself, and no two together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from contracts.codes import codes
from contracts.small_cells import ShownTable, attributes, partition

SEX, EXPLOITATION, NEEDS = "prs_Gender", "vic_TypeOfExploitation", "cor_Needs"
FIELDS = (SEX, EXPLOITATION, NEEDS)
"""The fields that are opened to be counted."""
UNRECORDED = "unrecorded"
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


@dataclass(frozen=True, slots=True)
class CountedCase:
    """One case, as far as it is counted."""

    age_group: str
    sex: str | None
    exploitation: tuple[str, ...]
    needs: tuple[str, ...]


def tables(cases: Iterable[CountedCase]) -> Mapping[str, ShownTable]:
    """The tables of a month, as they may be shown. Their names are those of the code lists of their cells."""
    counted = list(cases)
    ages = _counts("age_group", (one.age_group for one in counted))
    sexes = _counts("prs_Gender", (one.sex or UNRECORDED for one in counted), UNRECORDED)
    needs = _counts("need", (need for one in counted for need in set(one.needs)))
    exploited = _counts("vic_TypeOfExploitation", (kind for one in counted for kind in set(one.exploitation)))
    return {
        "age_group": partition(ages),
        "prs_Gender": partition(sexes),
        "need": attributes(needs, len(counted)),
        "vic_TypeOfExploitation": attributes(exploited, len(counted)),
    }


def _counts(code_list: str, found: Iterable[str], *more: str) -> dict[str, int]:
    """Every code of the list, those that nobody has too: an absent one would say that it is nobody's."""
    counted = Counter(found)
    return {code: counted[code] for code in (*codes(code_list), *more)}
