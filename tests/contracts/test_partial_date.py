"""Partial dates: what is unknown stays unknown, and an age in doubt is a child's."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.casefile.partial_date import InvalidDate, PartialDate

TODAY = date(2026, 11, 24)


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    day = draw(st.dates(date(1850, 1, 1), date(2149, 12, 31)))
    known = draw(st.integers(1, 3))
    month, of_month = (day.month if known > 1 else None), (day.day if known > 2 else None)
    return PartialDate(day.year, month, of_month, draw(st.sampled_from(["", "~", "?", "%"])))


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1998", date(1998, 1, 1), date(1998, 12, 31)),
        ("1998-05", date(1998, 5, 1), date(1998, 5, 31)),
        ("1998-05-12", date(1998, 5, 12), date(1998, 5, 12)),
        ("2000-02~", date(2000, 2, 1), date(2000, 2, 29)),
        ("1900-02?", date(1900, 2, 1), date(1900, 2, 28)),
        ("1998%", date(1998, 1, 1), date(1998, 12, 31)),
    ],
)
def test_a_date_spans_from_its_first_to_its_last_possible_day(
    text: str, earliest: date, latest: date
) -> None:
    parsed = PartialDate.parse(text)
    assert (parsed.earliest(), parsed.latest()) == (earliest, latest)
    assert str(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "98", "1998-13", "1998-00", "1998-02-30", "1999-02-29", "1998-5", "1998/05/12", "12-05-1998", "1998-05-12T00:00",
        "1998~~", "~1998", "1998-05-12\n", "2541-05-12", "0000", "๑๙๙๘", "1998-05-12?~", "XXXX",
    ],
)  # fmt: skip
def test_an_impossible_date_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidDate) as refused:
        PartialDate.parse(text)
    assert len(text) < 5 or text not in str(refused.value)


def test_a_day_without_its_month_is_refused() -> None:
    with pytest.raises(InvalidDate):
        PartialDate(1998, None, 12)


@pytest.mark.parametrize(
    ("text", "ages", "may_be_child"),
    [
        ("2008-11-24", (18, 18), False),
        ("2008-11-25", (17, 17), True),
        ("2008-11", (17, 18), True),
        ("2008", (17, 18), True),
        ("2007", (18, 19), False),
        ("2007~", (17, 20), True),
        ("1998?", (26, 29), False),
    ],
)
def test_an_age_in_doubt_is_a_childs(text: str, ages: tuple[int, int], may_be_child: bool) -> None:
    parsed = PartialDate.parse(text)
    assert parsed.ages_on(TODAY) == ages
    assert parsed.may_be_child(TODAY) is may_be_child


def test_nobody_is_born_after_today() -> None:
    assert PartialDate.parse("2027").is_future(TODAY)
    assert PartialDate.parse("2026-12").is_future(TODAY)
    assert not PartialDate.parse("2026").is_future(TODAY)


@given(partial_dates())
def test_a_date_is_written_and_read_back_unchanged(value: PartialDate) -> None:
    adapter = TypeAdapter(PartialDate)
    assert PartialDate.parse(str(value)) == value
    assert adapter.validate_json(adapter.dump_json(value)) == value
    assert value.earliest() <= value.latest() < value.earliest() + timedelta(days=367)


@given(partial_dates(), st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 365))
def test_the_age_of_every_possible_birthday_lies_in_the_bounds(
    value: PartialDate, day: date, offset: int
) -> None:
    born = min(value.earliest() + timedelta(days=offset), value.latest())
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    lowest, highest = value.ages_on(day)
    assert lowest <= age <= highest


def test_a_number_is_not_a_date() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PartialDate).validate_json("1998")


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "ages", "may_be_child"),
    [
        ("199X", date(1990, 1, 1), date(1999, 12, 31), (26, 36), False),
        ("200X", date(2000, 1, 1), date(2009, 12, 31), (16, 26), True),
        ("1990/1995", date(1990, 1, 1), date(1995, 12, 31), (30, 36), False),
        ("2005/2009", date(2005, 1, 1), date(2009, 12, 31), (16, 21), True),
        ("2005~/2007~", date(2005, 1, 1), date(2007, 12, 31), (17, 22), True),
        ("2008-01/2008-11-25", date(2008, 1, 1), date(2008, 11, 25), (17, 18), True),
    ],
)
def test_the_age_of_a_range_is_a_range_and_whoever_may_be_a_child_is_one(
    text: str, earliest: date, latest: date, ages: tuple[int, int], may_be_child: bool
) -> None:
    born = PartialDate.parse(text)
    assert (str(born), born.earliest(), born.latest(), born.exact) == (text, earliest, latest, False)
    assert (born.ages_on(TODAY), born.may_be_child(TODAY)) == (ages, may_be_child)


@pytest.mark.parametrize(
    "text",
    ["1995/1990", "1990/1990", "1990/", "/1990", "1990/..", "199X/2000", "19XX", "199X~", "1990/1995/2000"],
)
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate):
        PartialDate.parse(text)


def test_a_range_that_ends_in_the_future_is_a_mistake_and_a_decade_that_does_is_not() -> None:
    assert PartialDate.parse("2020/2030").is_future(TODAY)
    assert not PartialDate.parse("202X").is_future(TODAY)
