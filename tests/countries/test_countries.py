"""Every country of the project is whole, every service is built in it, and each pair has an agreement."""

from datetime import UTC, date, datetime
from importlib import import_module
from itertools import combinations
from pathlib import Path

import holidays
import pytest

from contracts.casefile.fields import FIELDS
from contracts.catalogue import SERVICES
from contracts.codes import codes
from contracts.country.forms import ProvincesFile
from contracts.country.reading import read_country, read_form
from contracts.organisations import may_receive
from corridor.country import notes
from deploy.local.cell import Cell
from deploy.local.countries import agreements, known_countries, read_all, read_local
from deploy.local.people import story
from deploy.local.place import COUNTRIES
from deploy.local.trust import make_trust
from tests.architecture.extras import extras

COUNTRY = pytest.mark.parametrize("code", known_countries())
THREE = ("KH", "TH", "VN")
"""What is asserted of these by name says nothing of a country that was added since; of that the other tests here do."""


def test_the_story_is_told_between_two_of_the_countries():
    assert set(story().countries) < set(THREE) <= set(known_countries())


@COUNTRY
def test_a_country_is_whole_and_has_an_agreement_with_each_other(code):
    found = read_local(code)
    assert [note for note in notes(found, COUNTRIES) if "agreement" in note] == []
    assert any(may_receive(one.role, one.type) for one in found.directory.organisations)


@pytest.mark.parametrize("name", SERVICES)
@COUNTRY
def test_every_service_is_built_in_every_country_with_its_own_calendar_and_law(code, name, tmp_path):
    cell = Cell(code, tmp_path, partners=known_countries())
    told = {"database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none", "kafka_bootstrap": "127.0.0.1:1"}
    settings = import_module(f"services.{name}.settings").Settings(
        cell=code, country_dir=COUNTRIES / cell.code, mode="development", **told, **extras(name, tmp_path)
    )
    service = import_module(f"services.{name}.app").build(settings)
    assert (service.settings.country.code, service.settings.zone) == (
        code,
        read_country(COUNTRIES / code).zone,
    )


def test_each_pair_has_one_agreement_and_each_country_one_of_its_own():
    drafts = agreements(read_all(known_countries()))
    pairs = [frozenset(pair) for pair in combinations(known_countries(), 2)]
    assert sorted(map(sorted, (draft.cells for draft in drafts))) == sorted(
        [*map(sorted, pairs), *([code] for code in known_countries())]
    )


def test_what_happened_to_her_crosses_no_border_and_is_shared_inside_a_country():
    exploitation = {name for name, field in FIELDS.items() if field.category == "exploitation"}
    for draft in agreements(read_all(known_countries())):
        assert bool(exploitation & set(draft.fields)) == (len(draft.cells) == 1), draft.id


def test_a_cell_is_given_the_agreements_that_it_is_a_party_to_and_no_other(tmp_path):
    files = make_trust(tmp_path, THREE)
    given = {code: sorted(p.stem for p in files.agreements_dir(code).glob("*")) for code in THREE}
    assert given == {
        "KH": ["kh-kh", "kh-vn", "th-kh"],
        "TH": ["th-kh", "th-th", "th-vn"],
        "VN": ["kh-vn", "th-vn", "vn-vn"],
    }


@COUNTRY
def test_holidays_are_those_that_the_library_has_and_years_are_whole(code):
    """A correction by decree is a change of this test too, with the decree named in the folder."""
    country = read_country(COUNTRIES / code)
    listed = country.response_clock.calendar.holidays
    years = range(min(listed).year, max(listed).year + 1)
    assert listed == set(holidays.country_holidays(code, years=years))
    assert len(years) >= 3


def test_five_working_days_before_a_new_year_end_after_it_in_the_country_that_celebrates_it():
    """Tết 2027 is from 4 to 10 February; Songkran and the Khmer New Year are in April."""
    wednesday = datetime(2027, 2, 3, 3, tzinfo=UTC)
    due = {
        code: read_country(COUNTRIES / code).response_clock.deadlines("routine", wednesday).respond_by.date()
        for code in THREE
    }
    assert due == {"KH": date(2027, 2, 10), "TH": date(2027, 2, 10), "VN": date(2027, 2, 17)}


@COUNTRY
def test_the_laws_of_protection_are_the_codes_of_the_list_that_begin_with_the_country(code):
    country = read_country(COUNTRIES / code)
    listed = {law for law in codes("protection_law") if law.startswith(f"{code.lower()}-")}
    assert set(country.protection_laws) == listed != set()
    assert all(Path(COUNTRIES / code / "law.json").read_text().count(law) == 1 for law in listed)


def test_the_provinces_are_as_many_as_in_iso_3166_2_and_say_from_where_they_are():
    """Counted in the package that their source names."""
    files = {code: read_form(COUNTRIES / code / "provinces.json", ProvincesFile) for code in THREE}
    assert {code: len(file.provinces) for code, file in files.items()} == {"KH": 25, "TH": 78, "VN": 63}
    assert {file.source for file in files.values()} == {
        "ISO 3166-2, as in iso_3166-2.json of Debian's package iso-codes 4.15.0"
    }
