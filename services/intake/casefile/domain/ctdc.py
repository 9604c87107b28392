"""Statistics in the columns of the Global Dataset of the Counter-Trafficking Data Collaborative (CTDC).

One line for each value of one column, with the count of persons; every other column is unknown. The counts are sums of cells
that are shown, so the file tells nothing that the tables of the months do not.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from io import StringIO
from types import MappingProxyType

UNKNOWN = "-99"
"""The dataset's own word for a value that is not known or not told."""

COLUMNS = (
    "yearOfRegistration", "Datasource", "gender", "ageBroad", "majorityStatus", "majorityStatusAtExploit", "majorityEntry",
    "citizenship", "isForcedLabour", "isSexualExploit", "isOtherExploit", "isSexAndLabour", "isForcedMarriage",
    "isForcedMilitary", "isOrganRemoval", "typeOfLabourBegging", "CountryOfExploitation",
)  # fmt: skip
COUNT = "count"
DATASOURCE = "Case Management"

Shown = Iterable[tuple[str, Mapping[str, int | None]]]
"""Tables by their names, with their cells."""

VALUES: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("prs_Gender", "Feminine"): ("gender", "Female"),
        ("prs_Gender", "Masculine"): ("gender", "Male"),
        ("age_group", "adult"): ("majorityStatus", "Adult"),
        ("vic_TypeOfExploitation", "ForcedLabour"): ("isForcedLabour", "1"),
        ("vic_TypeOfExploitation", "SexualExploitation"): ("isSexualExploit", "1"),
        ("vic_TypeOfExploitation", "ForcedMarriage"): ("isForcedMarriage", "1"),
        ("vic_TypeOfExploitation", "ForcedMilitaryByNonStateActors"): ("isForcedMilitary", "1"),
        ("vic_TypeOfExploitation", "OrganRemoval"): ("isOrganRemoval", "1"),
        ("vic_TypeOfExploitation", "ForcedBegging"): ("typeOfLabourBegging", "1"),
    }
)
"""Code of a table → column and value of the dataset. Whatever has no word there that means the same is left out: of a child it is
not known here whether she is one, or not shown to be adult.
"""


def table(year: int, shown: Shown) -> str:
    """The file of a year. A value of which no month shows a count has no line."""
    sums: Counter[tuple[str, str]] = Counter()
    for name, cells in shown:
        for code, count in cells.items():
            if count is not None and (place := VALUES.get((name, code))) is not None:
                sums[place] += count
    written = StringIO()
    lines = csv.DictWriter(written, [*COLUMNS, COUNT], restval=UNKNOWN)
    lines.writeheader()
    for column, value in VALUES.values():
        if (column, value) in sums:
            known = {"yearOfRegistration": year, "Datasource": DATASOURCE, column: value}
            lines.writerow({**known, COUNT: sums[column, value]})
    return written.getvalue()
