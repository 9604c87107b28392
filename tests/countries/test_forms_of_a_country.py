"""The forms of a country: what stands in its folder `forms`, each file whole, and of each code one version that is asked with."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from contracts.country.reading import CountryError, read_country
from deploy.local.place import COUNTRIES

SHIPPED = COUNTRIES / "TH" / "forms" / "htcds-survey.1.json"
LIST = Path("contracts/checklist/lists/field.1.json")


@pytest.fixture
def folder(tmp_path):
    copytree(COUNTRIES / "TH", tmp_path / "TH")
    return tmp_path / "TH"


def put(folder, name, **changed):
    document = {**json.loads(SHIPPED.read_text(encoding="utf-8")), **changed}
    (folder / "forms" / name).write_text(json.dumps(document), encoding="utf-8")


def test_a_new_version_stands_beside_the_one_that_is_asked_with_no_more(folder):
    put(folder, "htcds-survey.1.json", in_use=False)
    put(folder, "htcds-survey.2.json", version="2")
    assert [(one.version, one.in_use) for one in read_country(folder).forms] == [("1", False), ("2", True)]


def test_a_country_without_a_folder_of_forms_has_none():
    assert read_country(COUNTRIES / "KH").forms == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "2"}, "forms/new.json: in_use: another version of htcds-survey is in use"),
        ({"in_use": False}, "forms/new.json: htcds-survey 1 stands in another file already"),
        ({"code": "x1", "languages": ["en", "th"]}, "forms/new.json: sections.0.title: no text in th"),
    ],
    ids=["two in use", "twice", "not whole"],
)
def test_a_form_that_is_not_whole_keeps_the_country_from_being_read_and_is_named(folder, changed, said):
    put(folder, "new.json", **changed)
    with pytest.raises(CountryError) as refused:
        read_country(folder)
    assert said in refused.value.problems


def test_a_checklist_among_the_forms_is_refused(folder):
    (folder / "forms" / "list.json").write_text(LIST.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(CountryError) as refused:
        read_country(folder)
    assert refused.value.problems == (
        "forms/list.json: purpose: a country adds forms; checklists come with the release",
    )


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("vic_TraffickingStatus", "a formal status is recorded as a decision, with its reasons"),
        ("prs_FirstName", "prs_FirstName stands there 2 times"),
    ],
    ids=["decided elsewhere", "asked twice"],
)
def test_no_form_writes_what_is_decided_elsewhere_or_one_field_twice(folder, field, said):
    document = json.loads(SHIPPED.read_text(encoding="utf-8"))
    question = {"code": "more", "ask": {"en": "More?"}, "kind": "text", "field": field}
    document["sections"][0]["questions"].append(question)
    (folder / "forms" / "htcds-survey.1.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CountryError, match=said):
        read_country(folder)
