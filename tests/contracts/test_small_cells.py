"""From whatever is published nobody computes how many of fewer than ten people there are."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import small_cells
from contracts.small_cells import K, attributes, partition

COUNTS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.one_of(st.integers(0, 3), st.integers(0, 12), st.integers(0, 60)),
    min_size=2,
)


def hidden_of(shown):
    return [name for name, count in shown.cells.items() if count is None]


def splits(total, cells):
    """Every table of so many cells with this total."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in splits(total - first, cells - 1):
            yield (first, *rest)


def told_exactly(total, cells):
    """Small cells that one knows who lays every table beside the one that is published, by the published rule.

    The total is known of every table, of one that hides it too: the audit log tells it.
    """
    alike = {}
    for counts in splits(total, cells):
        table = dict(zip("abcdef", counts, strict=False))
        alike.setdefault(tuple(partition(table).cells.items()), []).append(table)
    for published, tables in alike.items():
        for name in (name for name, count in published if count is None):
            if len(values := {table[name] for table in tables}) == 1 and min(values) < small_cells.K:
                yield dict(published), name, values


@pytest.mark.parametrize(
    ("k", "cells", "most"), [(10, 2, 60), (10, 3, 70), (10, 4, 45), (4, 4, 24), (3, 5, 17), (3, 6, 13)]
)
def test_no_small_cell_is_told_exactly_by_all_tables_that_are_published_alike(monkeypatch, k, cells, most):
    monkeypatch.setattr(small_cells, "K", k)
    assert [found for total in range(1, most + 1) for found in told_exactly(total, cells)] == []


@settings(max_examples=400)
@given(COUNTS)
def test_no_cell_below_the_threshold_is_shown_and_no_other_count_is_changed(counts):
    shown = partition(counts)
    for name, count in counts.items():
        assert shown.cells[name] in {None, count}
        if count < K:
            assert shown.cells[name] is None


@settings(max_examples=200)
@given(COUNTS)
def test_whatever_is_computed_by_sums_and_differences_is_nobody_at_all_or_ten_people_and_more(counts):
    shown = partition(counts)
    if shown.total is None:
        assert hidden_of(shown) == list(counts)
        return
    known = [count for count in shown.cells.values() if count is not None]
    sums = [sum(some) for size in range(len(known) + 1) for some in combinations(known, size)]
    rest = [shown.total - one for one in sums]
    whole = not hidden_of(shown)
    small = [one for one in (*sums, *rest) if 0 < one < K or (one == 0 and one in rest and not whole)]
    assert small == []


@settings(max_examples=200)
@given(st.integers(0, 60), st.data())
def test_neither_who_has_an_attribute_nor_who_has_it_not_is_computed_below_the_threshold(total, data):
    counts = {name: data.draw(st.integers(0, total)) for name in "abc"}
    shown = attributes(counts, total)
    for name, count in shown.cells.items():
        if count is not None:
            assert (count == counts[name], count >= K, shown.total - count >= K) == (True, True, True)


def test_what_is_hidden_besides_is_the_last_by_name_however_large_it_is():
    shown = partition({"a": 3, "b": 12, "c": 40})
    assert (dict(shown.cells), shown.total) == ({"a": None, "b": 12, "c": None}, 55)


def test_cells_that_are_all_one_below_the_threshold_take_another_with_them():
    """Two of nine come to eighteen, and no two other small cells do."""
    assert dict(partition({"a": 9, "b": 9, "c": 12}).cells) == {"a": None, "b": None, "c": None}
    assert dict(partition({"a": 9, "b": 8, "c": 12}).cells) == {"a": None, "b": None, "c": 12}


def test_zeros_are_hidden_and_cannot_be_told_from_nine():
    shown = partition({"a": 0, "b": 0, "c": 12, "d": 50})
    assert dict(shown.cells) == {"a": None, "b": None, "c": 12, "d": None}


def test_that_everybody_has_an_attribute_is_not_shown():
    assert attributes({"a": 30, "b": 15, "c": 25}, 30).cells == {"a": None, "b": 15, "c": None}
