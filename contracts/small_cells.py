"""Tables of counts in which nobody can compute how many of fewer than ten people there are. Pure, the same everywhere.

A cell below the threshold is hidden, and so are more cells, the smallest first, until those that are hidden are two or
more and come to the threshold together. So every number that follows from a table, by any sum or difference of what is
shown, is of at least so many people, and a hidden cell may be anything from none to more than the threshold. Zero is hidden
as well: that nobody is like this says something of everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

K = 10
"""The least count that is shown, and the least that follows from what is shown."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as it may be shown: a hidden cell is None, and so is a total that is below the threshold."""

    cells: Mapping[str, int | None]
    total: int | None


def partition(counts: Mapping[str, int]) -> ShownTable:
    """The table of a dimension of which each counted person has exactly one value: the total is the sum of the cells."""
    total = sum(counts.values())
    if total < K:
        return ShownTable(dict.fromkeys(counts), None)
    hidden = {name for name, count in counts.items() if count < K}
    if hidden:
        _complete(hidden, counts)
    return ShownTable({name: None if name in hidden else counts[name] for name in counts}, total)


def _complete(hidden: set[str], counts: Mapping[str, int]) -> None:
    """Hide more, the smallest first, until what is hidden cannot be told apart."""
    for name in sorted(counts.keys() - hidden, key=lambda name: (counts[name], name)):
        if len(hidden) > 1 and sum(counts[one] for one in hidden) >= K:
            return
        hidden.add(name)


def attributes(counts: Mapping[str, int], total: int) -> ShownTable:
    """The table of a dimension of which a person has any number of values: each is a partition into with and without."""
    shown = {
        name: partition({"with": count, "without": total - count}).cells["with"]
        for name, count in counts.items()
    }
    return ShownTable(shown, total if total >= K else None)
