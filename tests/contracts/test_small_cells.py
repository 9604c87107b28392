"""From whatever is published nobody computes how many of fewer than ten people there are."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.small_cells import K, attributes, partition

COUNTS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.one_of(st.integers(0, 3), st.integers(0, 12), st.integers(0, 60)),
    min_size=2,
)
MONTHS = st.lists(COUNTS, min_size=1, max_size=4)


def hidden_of(shown):
    return [name for name, count in shown.cells.items() if count is None]


def bounds(shown, name):
    """The least and the most that a hidden cell can be, for whoever has the whole table and its total."""
    if shown.total is None:
        return 0, None
    rest = shown.total - sum(count for count in shown.cells.values() if count is not None)
    return (rest, rest) if len(hidden_of(shown)) == 1 else (0, rest)


@settings(max_examples=400)
@given(COUNTS)
def test_no_cell_below_the_threshold_is_shown_and_none_is_computed_from_its_table_and_the_total(counts):
    shown = partition(counts)
    for name, count in counts.items():
        assert shown.cells[name] in {None, count}
        if count < K:
            assert shown.cells[name] is None
    for name in hidden_of(shown):
        least, most = bounds(shown, name)
        assert least == 0
        assert most is None or most >= K


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


@settings(max_examples=200)
@given(MONTHS)
def test_months_that_are_added_up_tell_no_more_than_each_of_them(months):
    """A hidden cell of a month stays free whatever is known of the others: no number is shown of two months together."""
    shown = [partition(counts) for counts in months]
    for one in shown:
        for name in hidden_of(one):
            least, most = bounds(one, name)
            assert (least, most is None or most >= K) == (0, True)
    known = [one.total for one in shown if one.total is not None]
    assert all(total >= K for total in known)


def test_one_small_cell_takes_the_smallest_other_with_it():
    shown = partition({"a": 3, "b": 40, "c": 12})
    assert (dict(shown.cells), shown.total) == ({"a": None, "b": 40, "c": None}, 55)


def test_zeros_are_hidden_and_cannot_be_told_from_nine():
    shown = partition({"a": 0, "b": 0, "c": 12, "d": 50})
    assert dict(shown.cells) == {"a": None, "b": None, "c": None, "d": 50}


def test_that_everybody_has_an_attribute_is_not_shown():
    assert attributes({"a": 30, "b": 15, "c": 25}, 30).cells == {"a": None, "b": 15, "c": None}
