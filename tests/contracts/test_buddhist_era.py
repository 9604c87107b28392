"""Dates of the Buddhist era: 543 years ahead, stored as ISO, and asked about where only two digits of a year were written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casefile.buddhist_era import AmbiguousYear, buddhist_era, common_era
from contracts.casefile.partial_date import InvalidDate, PartialDate


@pytest.mark.parametrize(
    ("written", "stored", "shown"),
    [
        ("2541", "1998", "2541"),
        ("2541-05-12~", "1998-05-12~", "2541-05-12~"),
        ("2543-02-29", "2000-02-29", "2543-02-29"),
        ("2533/2538", "1990/1995", "2533/2538"),
        ("254X", "1997/2006", "2540/2549"),
        ("1998-05", "1998-05", "2541-05"),
        ("199X", "199X", "2533/2542"),
    ],
)
def test_a_date_is_stored_in_the_common_era_and_shown_in_both(written: str, stored: str, shown: str) -> None:
    born = PartialDate.parse(common_era(written))
    assert (str(born), buddhist_era(born)) == (stored, shown)


@pytest.mark.parametrize("written", ["41", "52~", "'41", "41-05", "41-05-12", "2541/48", "41/2548"])
def test_a_year_that_may_be_of_either_era_is_asked_about_and_never_guessed(written: str) -> None:
    """`52` is 1952, and a woman of 74, or 2552, and a child of 17."""
    with pytest.raises(AmbiguousYear) as asked:
        common_era(written)
    assert written not in str(asked.value)


@pytest.mark.parametrize(
    "written", ["2541-13", "2542-02-29", "2300", "2541/05/12", "12-05-2541", "พ.ศ. 2541", ""]
)
def test_what_is_no_date_of_either_era_is_refused(written: str) -> None:
    with pytest.raises(InvalidDate):
        PartialDate.parse(common_era(written))


@given(st.dates(date(1850, 1, 1), date(2149, 12, 31)))
def test_what_is_shown_in_the_buddhist_era_is_read_back_as_the_same_date(day: date) -> None:
    born = PartialDate(day.year, day.month, day.day)
    assert common_era(buddhist_era(born)) == str(born)
