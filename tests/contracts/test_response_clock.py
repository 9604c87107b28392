"""How long a receiver may take: hours run through, working days wait for the calendar of the cell."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.country.reading import read_country
from contracts.country.response_clock import Calendar, ResponseClock, Span

TH, KH = (read_country(Path("countries") / code).response_clock for code in ("TH", "KH"))
ZONE = ZoneInfo("Asia/Bangkok")
BANGKOK = Calendar(ZONE, frozenset({6, 7}), frozenset({date(2026, 12, 10)}))


def test_an_immediate_offer_expires_after_an_hour_even_at_night():
    start = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
    deadlines = TH.deadlines("immediate", start)
    assert deadlines.respond_by == datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
    assert deadlines.remind_at == datetime(2026, 11, 28, 22, 30, tzinfo=UTC)


def test_five_working_days_from_a_friday_end_on_the_friday_after():
    friday = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
    assert TH.deadlines("routine", friday).respond_by == friday + timedelta(days=7)


def test_a_day_is_a_day_of_the_cell_and_not_of_utc():
    friday_evening_utc = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)  # Saturday 03:00 in Bangkok
    assert BANGKOK.add_working_days(friday_evening_utc, 1) == datetime(2026, 11, 29, 20, 0, tzinfo=UTC)


def test_a_holiday_is_no_working_day():
    wednesday = datetime(2026, 12, 9, 3, 0, tzinfo=UTC)
    assert BANGKOK.add_working_days(wednesday, 1) == datetime(2026, 12, 11, 3, 0, tzinfo=UTC)


def test_an_urgency_that_the_policy_does_not_name_gets_the_shortest_time():
    start = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    clock = KH
    assert clock.deadlines("of-tomorrow", start) == clock.deadlines("immediate", start)


def test_a_policy_whose_reminder_comes_after_the_expiry_is_refused():
    with pytest.raises(ValueError, match="reminder for urgent"):
        ResponseClock(BANGKOK, {"urgent": (Span(minutes=9), Span(minutes=5))})


def test_a_calendar_without_working_days_is_refused():
    with pytest.raises(ValueError, match="working day"):
        Calendar(ZONE, frozenset(range(1, 8)), frozenset())


@given(
    st.integers(0, 4 * 365 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m)),
    st.sampled_from(["immediate", "urgent", "routine"]),
)
def test_the_reminder_always_comes_between_the_offer_and_its_end(start: datetime, urgency: str):
    deadlines = TH.deadlines(urgency, start)
    assert start < deadlines.remind_at < deadlines.respond_by
