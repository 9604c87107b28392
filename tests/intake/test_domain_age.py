"""Whether she counts as a child: the protective reading of what is on record, on a given day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import day_of, next_day
from contracts.casefile.partial_date import PartialDate
from services.intake.casefile.domain.age import Age, AgeEvidence, Basis, Group

TODAY = date(2026, 11, 26)
CHILD, ADULT = Group.CHILD, Group.ADULT


def on_record(born: str | None, *, flagged: bool = False) -> AgeEvidence:
    return AgeEvidence(None if born is None else PartialDate.parse(born), flagged)


@pytest.mark.parametrize(
    ("born", "flagged", "group", "basis", "doubted"),
    [
        (None, False, CHILD, Basis.UNKNOWN, False),
        (None, True, CHILD, Basis.FLAG, False),
        ("2008-11-26", False, ADULT, Basis.BIRTH_DATE, False),
        ("2008-11-27", False, CHILD, Basis.BIRTH_DATE, False),
        ("2008-11", False, CHILD, Basis.ESTIMATE, False),
        ("2008-10", False, ADULT, Basis.ESTIMATE, False),
        ("2008", False, CHILD, Basis.ESTIMATE, False),
        ("2007", False, ADULT, Basis.ESTIMATE, False),
        ("2007~", False, CHILD, Basis.ESTIMATE, False),
        ("2006?", False, ADULT, Basis.ESTIMATE, False),
        ("2007-11-27%", False, CHILD, Basis.ESTIMATE, False),
        ("1990-01-01", True, CHILD, Basis.FLAG, True),
        ("2012-01-01", True, CHILD, Basis.FLAG, False),
    ],
)
def test_whoever_may_be_under_eighteen_is_a_child(born, flagged, group, basis, doubted):
    assert on_record(born, flagged=flagged).age(TODAY) == Age(group, basis, doubted)


@pytest.mark.parametrize(
    "steps",
    [
        [on_record("2012-01-01"), on_record("1990-01-01")],
        [on_record(None, flagged=True), on_record("1990-01-01")],
        [on_record("2012"), on_record(None), on_record("1990")],
        [on_record("2012"), on_record("1990"), on_record(None), on_record("1990")],
    ],
)
def test_no_correction_of_a_record_makes_a_known_child_an_adult(steps):
    age = Age()
    for evidence in steps:
        age = age.learned(evidence, TODAY)
    assert (age.group, age.doubted) == (CHILD, True)
    assert age.come_of_age(PartialDate.parse("1990"), TODAY) is None


def test_somebody_of_unknown_age_is_an_adult_once_the_record_shows_it():
    assert Age().learned(on_record("1990"), TODAY) == Age(ADULT, Basis.ESTIMATE)


def test_an_assessment_stands_until_something_is_recorded_that_says_child():
    adult = Age().learned(on_record("2012"), TODAY).assessed(ADULT, on_record("2012"), TODAY)
    assert adult == Age(ADULT, Basis.ASSESSMENT)
    assert adult.learned(on_record("2011"), TODAY) == Age(CHILD, Basis.ESTIMATE)
    assert adult.learned(on_record("1990", flagged=True), TODAY) == Age(CHILD, Basis.FLAG, doubted=True)


def test_a_child_by_assessment_stays_one_whatever_date_is_written_beside_it():
    child = Age().assessed(CHILD, on_record("1990"), TODAY)
    assert child == Age(CHILD, Basis.ASSESSMENT, doubted=True)
    assert child.learned(on_record("1989"), TODAY).group is CHILD
    assert child.come_of_age(PartialDate.parse("1990"), TODAY) is None


@pytest.mark.parametrize(
    ("born", "day_before", "birthday", "basis"),
    [
        ("2008-11-26", date(2026, 11, 25), date(2026, 11, 26), Basis.BIRTH_DATE),
        ("2008-11", date(2026, 11, 29), date(2026, 11, 30), Basis.ESTIMATE),
        ("2008", date(2026, 12, 30), date(2026, 12, 31), Basis.ESTIMATE),
        ("2008~", date(2027, 12, 30), date(2027, 12, 31), Basis.ESTIMATE),
        ("2008-02-29", date(2026, 2, 28), date(2026, 3, 1), Basis.BIRTH_DATE),
    ],
)
def test_she_is_an_adult_on_the_day_on_which_even_the_lowest_age_is(born, day_before, birthday, basis):
    age = on_record(born).age(day_before)
    assert age.come_of_age(PartialDate.parse(born), day_before) is None
    assert age.come_of_age(PartialDate.parse(born), birthday) == Age(ADULT, basis)


def test_a_day_is_a_day_of_the_place():
    evening = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)
    bangkok = ZoneInfo("Asia/Bangkok")
    assert day_of(evening, bangkok) == date(2026, 11, 26)
    assert next_day(evening, bangkok) == datetime(2026, 11, 26, 17, 0, tzinfo=UTC)


TURNS_18 = date(2026, 12, 26)


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2026, 11, 25), False),
        (date(2026, 11, 26), True),
        (date(2026, 11, 27), False),
        (date(2026, 12, 12), True),
        (date(2026, 12, 23), True),
        (date(2026, 12, 24), False),
        (TURNS_18, False),
    ],
)
def test_it_is_told_thirty_fourteen_and_three_days_before_that_a_child_comes_of_age(today, told):
    child = Age(Group.CHILD, Basis.BIRTH_DATE)
    assert child.told_today(PartialDate.parse("2008-12-26"), today) is told


def test_of_an_estimated_date_it_is_told_before_the_day_on_which_even_the_lowest_age_is_eighteen():
    child = Age(Group.CHILD, Basis.ESTIMATE)
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(90)]
    told = [day for day in days if child.told_today(PartialDate.parse("2008-11"), day)]
    assert told == [date(2026, 10, 31), date(2026, 11, 16), date(2026, 11, 27)]
