"""Tables of counts in which nobody can compute how many of fewer than ten people there are. Pure, the same everywhere.

A cell below the threshold is hidden, zero too: that nobody is like this says something of everybody. Where one cell alone would
be hidden, or those that are come to less than the threshold together, or each of them is one below it, the last other one by
name is hidden besides. It is never chosen by its count: whoever knows this rule would compute from the choice.

So every sum and difference of what is shown is of at least so many people. And whoever lays beside a published table, with its
total, every table that would have been published alike finds at least two values for each small cell. More is not promised: the
two may be nine and eighteen.
"""

from collections.abc import Mapping, Sequence
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
    others = sorted(counts.keys() - hidden)
    if others and _can_be_told([counts[name] for name in hidden]):
        hidden.add(others[-1])
    return ShownTable({name: None if name in hidden else counts[name] for name in counts}, total)


def _can_be_told(small: Sequence[int]) -> bool:
    """True where what is left over from the total tells of the small cells, once they alone are hidden."""
    return bool(small) and (len(small) == 1 or sum(small) < K or set(small) == {K - 1})


def attributes(counts: Mapping[str, int], total: int) -> ShownTable:
    """The table of a dimension of which a person has any number of values: each is a partition into with and without."""
    shown = {
        name: partition({"with": count, "without": total - count}).cells["with"]
        for name, count in counts.items()
    }
    return ShownTable(shown, total if total >= K else None)
