"""A day is a day of the place."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from chassis.clock import day_of
from chassis.settings import Settings

GIVEN = {"database_url": "postgresql+asyncpg://nowhere/x", "kafka_bootstrap": "nowhere:1"}


def test_between_midnight_and_seven_it_is_another_day_in_bangkok_than_in_utc():
    late = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
    assert day_of(late, ZoneInfo("Asia/Bangkok")) == date(2026, 11, 26)


@pytest.mark.parametrize(("cell", "zone"), [("TH", "Asia/Bangkok"), ("KH", "Asia/Phnom_Penh")])
def test_a_cell_of_one_time_zone_knows_it(cell, zone):
    assert Settings(cell=cell, **GIVEN).zone.key == zone


def test_another_is_told_and_does_not_start_without():
    assert Settings(cell="ID", time_zone="Asia/Makassar", **GIVEN).zone.key == "Asia/Makassar"
    for wrong in ({}, {"time_zone": "Asia/Nowhere"}, {"time_zone": "../etc"}):
        with pytest.raises(ValidationError, match="CORRIDOR_TIME_ZONE"):
            Settings(cell="ID", **GIVEN, **wrong)
