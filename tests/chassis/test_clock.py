"""A day is a day of the place."""

from datetime import UTC, date, datetime
from pathlib import Path
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


def test_a_service_without_the_folder_of_its_country_does_not_start(tmp_path):
    for given, sentence in (
        ({"cell": "LA"}, r"LA/country\.json: missing"),
        ({"cell": "TH", "country_dir": tmp_path}, "CORRIDOR_COUNTRY_DIR must name the folder of a country"),
        ({"cell": "TH", "country_dir": Path("countries/KH")}, "the folder of KH, and the cell is TH"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            Settings(**given, **GIVEN)
