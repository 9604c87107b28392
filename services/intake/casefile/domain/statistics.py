"""The count of the cases that were opened here in one calendar month: each dimension by itself, and no two together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.codes import codes
from contracts.small_cells import ShownTable, attributes, partition

SEX, EXPLOITATION, NEEDS = "prs_Gender", "vic_TypeOfExploitation", "cor_Needs"
FIELDS = (SEX, EXPLOITATION, NEEDS)
"""The fields that are opened to be counted."""
NAMES = ("age_group", "prs_Gender", "need", "vic_TypeOfExploitation")
"""The tables of a month."""


@dataclass(frozen=True, slots=True)
class CountedCase:
    """One case, as far as it is counted."""

    age_group: str
    sex: str | None
    exploitation: tuple[str, ...]
    needs: tuple[str, ...]


def tables(cases: Iterable[CountedCase]) -> Mapping[str, ShownTable]:
    """The tables of a month, as they may be shown. Their names are those of the code lists of their cells.

    Whoever has no value of a dimension is no cell of it and in no total of it: the log tells that something was recorded,
    and so how many there are of whom nothing was.
    """
    counted = list(cases)
    return {
        "age_group": partition(_counts("age_group", (one.age_group for one in counted))),
        "prs_Gender": partition(_counts("prs_Gender", (one.sex for one in counted if one.sex))),
        "need": _attributes("need", (one.needs for one in counted)),
        "vic_TypeOfExploitation": _attributes(
            "vic_TypeOfExploitation", (one.exploitation for one in counted)
        ),
    }


def _attributes(code_list: str, values: Iterable[tuple[str, ...]]) -> ShownTable:
    recorded = [set(some) for some in values if some]
    return attributes(_counts(code_list, (code for some in recorded for code in some)), len(recorded))


def _counts(code_list: str, found: Iterable[str]) -> dict[str, int]:
    """Every code of the list, those that nobody has too: an absent one would say that it is nobody's."""
    counted = Counter(found)
    return {code: counted[code] for code in codes(code_list)}
