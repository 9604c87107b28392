"""The page's steps make a country that is whole, and every mistake in a folder is named with its file and place."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.country.reading import CountryError, read_country
from deploy.local.countries import NoAgreementError, agreements, read_all, read_local
from tests.countries.page import ROOT, made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "countries")


def check(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "corridor", "country", "check", code, "--folder", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_country_of_the_page_is_whole(folder):
    checked = check("AQ", folder)
    said = "AQ (Antarctica) is whole.\n  note: notices are in English for those who read fr\n"
    assert (checked.stdout, checked.returncode) == (said, 0)


def test_it_has_an_agreement_with_each_other_country_and_no_cell_waits_longer_than_its_law(folder):
    found = {draft.id: draft for draft in agreements(read_all(("TH", "KH", "VN", "AQ"), folder))}
    assert {"aq-th", "aq-kh", "aq-vn", "aq-aq", "th-kh", "th-vn", "kh-vn"} <= set(found)
    assert [found[name].retention_days for name in ("aq-th", "aq-vn", "aq-aq", "th-kh")] == [14, 0, 14, 30]
    assert not any(name.startswith("cor_Health") for name in found["aq-th"].fields)


def test_what_its_law_does_not_say_is_as_in_the_default_and_what_it_says_is_its_own(folder):
    country = read_country(folder / "AQ")
    fitness = country.returns.fitness
    assert (fitness.last_week, fitness.certificate_from_week, fitness.last_week_multiple) == (32, 24, 32)
    assert country.response_clock.spans["urgent"][1].minutes == 480
    assert country.response_clock.spans["immediate"][1].minutes == 60


def test_two_countries_without_an_agreement_are_not_started_together(folder):
    terms = json.loads((folder / "AQ/agreements.json").read_text())
    del terms["partners"]["KH"]
    (folder / "AQ/agreements.json").write_text(json.dumps(terms))
    with pytest.raises(NoAgreementError, match="KH and AQ have no agreement"):
        read_all(("KH", "AQ"), folder)
    assert "note: no agreement with KH" in check("AQ", folder).stdout


def test_an_agreement_that_both_wrote_down_is_not_taken_twice(folder):
    terms = json.loads((folder / "TH/agreements.json").read_text())
    terms["partners"]["AQ"] = terms["partners"]["KH"]
    (folder / "TH/agreements.json").write_text(json.dumps(terms))
    with pytest.raises(NoAgreementError, match="TH and AQ have two agreements"):
        read_all(("TH", "AQ"), folder)


MISTAKES = [
    ("country.json", {"time_zone": "Antarctica/Nowhere"}, "AQ/country.json: time_zone: Value error, not a time zone"),
    ("country.json", {"code": "BQ"}, "begins with bq-"),
    ("country.json", {"capital": "none"}, "AQ/country.json: capital: Extra inputs are not permitted"),
    ("country.json", {"languages": []}, "AQ/country.json: languages: List should have at least 1 item"),
    ("country.json", {"languages": ["fr", "es"]}, "AQ/words.json: forbidden: no words of the language es"),
    ("country.json", {"offices": ["th-oversight"]}, "offices: th-oversight does not begin with aq-"),
    ("calendar.json", {"weekend": [1, 2, 3, 4, 5, 6, 7]}, "AQ/calendar.json: weekend: Frozenset should have at most 6"),
    ("calendar.json", {"holidays": {"2027-13-01": "x"}}, "AQ/calendar.json: holidays.2027-13-01"),
    ("law.json", {"retention": {"after_the_end_days": 5}}, "AQ/law.json: retention.source: missing"),
    ("law.json", {"returns": {"source": "x", "fitness": {"last_week": 99}}}, "AQ/law.json: returns.fitness.last_week"),
    ("law.json", {"protection_laws": {"th-act": {"label": "x", "source": "x"}}}, "a code begins with aq-"),
    (
        "law.json",
        {"response_clock": {"source": "x", "urgency": {"urgent": {"expire_after": {"minutes": 5}, "remind_after": {"minutes": 9}}}}},
        "the reminder for urgent must come before its expiry",
    ),
    ("people.json", {"worker": {"roles": ["king"], "org": "aq-oversight"}}, "AQ/people.json: worker.roles.0"),
    ("people.json", {"worker": {"roles": ["case_worker"], "org": "aq-nobody"}}, "neither in directory.json nor an office"),
    ("agreements.json", {"partners": {"AQ": {"legal_basis": "x"}}}, "AQ itself"),
    ("agreements.json", {"national": {"legal_basis": "x", "categories": ["dreams"]}}, "national.categories.0"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "change", "sentence"), MISTAKES, ids=[one[2] for one in MISTAKES])
def test_a_mistake_is_named_with_its_file(folder, file, change, sentence):
    path = folder / "AQ" / file
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CountryError) as found:
        read_local("AQ", folder)
    assert sentence in str(found.value)


@pytest.mark.parametrize(
    "file", ["country.json", "calendar.json", "law.json", "words.json", "directory.json", "people.json", "agreements.json"]
)  # fmt: skip
def test_a_file_that_is_missing_or_no_json_is_named(folder, file):
    (folder / "AQ" / file).write_text("{")
    with pytest.raises(CountryError, match=f"AQ/{file}: not readable as JSON"):
        read_local("AQ", folder)
    (folder / "AQ" / file).unlink()
    with pytest.raises(CountryError, match=f"AQ/{file}: missing"):
        read_local("AQ", folder)


def test_the_check_names_every_mistake_and_not_the_first_alone(folder):
    for file in ("calendar.json", "words.json", "people.json"):
        (folder / "AQ" / file).unlink()
    checked = check("AQ", folder)
    assert checked.stdout == "AQ/calendar.json: missing\nAQ/words.json: missing\nAQ/people.json: missing\n"
    assert checked.returncode == 1


def test_a_calendar_that_ends_is_named(folder):
    calendar = json.loads((folder / "AQ/calendar.json").read_text())
    calendar["holidays"] = {"2020-06-21": "Midwinter"}
    (folder / "AQ/calendar.json").write_text(json.dumps(calendar))
    assert "note: calendar.json: holidays end with 2020" in check("AQ", folder).stdout


def test_a_country_may_have_provinces_which_are_its_own(folder):
    assert read_country(folder / "AQ").provinces == {}
    path = folder / "AQ" / "provinces.json"
    path.write_text('{"source": "Invented", "provinces": {"AQ-V": "Vostok"}}')
    assert read_country(folder / "AQ").provinces == {"AQ-V": "Vostok"}
    path.write_text('{"source": "Invented", "provinces": {"AQ-V": "Vostok", "TH-21": "Rayong"}}')
    sentence = r"AQ/provinces\.json: provinces: a code begins with AQ-, which TH-21 does not"
    with pytest.raises(CountryError, match=sentence):
        read_country(folder / "AQ")


def test_provinces_have_a_name_in_each_language_that_the_country_names_and_in_latin_letters_else(folder):
    path = folder / "AQ" / "provinces.json"
    written = {"source": "Invented", "provinces": {"AQ-V": "Vostok"}, "names": {"th": {"AQ-V": "วอสตอค"}}}
    path.write_text(json.dumps(written))
    country = read_country(folder / "AQ")
    assert (country.provinces_in("th"), country.provinces_in("fr")) == (
        {"AQ-V": "วอสตอค"},
        {"AQ-V": "Vostok"},
    )
    for names, odd in (({}, "AQ-V"), ({"AQ-V": "วอสตอค", "AQ-W": "อื่น"}, "AQ-W")):
        path.write_text(json.dumps(written | {"names": {"th": names}}))
        with pytest.raises(CountryError, match=rf"names: th: .* see {odd}$"):
            read_country(folder / "AQ")


def test_a_country_needs_its_people(folder):
    people = json.loads((folder / "AQ/people.json").read_text())
    del people["supervisor"]
    (folder / "AQ/people.json").write_text(json.dumps(people))
    with pytest.raises(CountryError, match=r"AQ/people\.json: nobody is called supervisor"):
        read_local("AQ", folder)
