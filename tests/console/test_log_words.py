"""The log in words: every event has them, codes and names stand for what they mean, and nothing of an entry is left out."""

from zoneinfo import ZoneInfo

from contracts.catalogue import CATALOGUE
from contracts.codes import codes
from services.console.log_words import (
    BESIDE,
    CODES,
    TIMELINE,
    code_words,
    event_choices,
    event_words,
    in_words,
)
from services.console.sought import NAMES, Sought
from services.console.words import Reader

ENGLISH, THAI = (Reader(language, ZoneInfo("Asia/Bangkok")) for language in ("en", "th"))
DIRECTORY = {"th-care-agency": "Care Agency", "kh-lotus": "Lotus", "kh-other": "Lotus"}


def test_every_event_that_can_be_logged_has_words():
    types = {entry.type for entry in CATALOGUE}
    assert [one for one in types if event_words(ENGLISH, one) == one] == []
    assert set(BESIDE) <= {one.rpartition(".v")[0] for one in types} - set(codes(TIMELINE))
    assert event_words(ENGLISH, "newer.event.v9") == "newer.event.v9"


def test_every_event_can_be_chosen_and_the_one_that_is_chosen_stays():
    assert event_choices(ENGLISH, "")["record.read.v1"] == "Somebody read data of a case"
    assert event_choices(ENGLISH, "newer.event.v9") == {"newer.event.v9": "newer.event.v9"}


def test_the_code_beside_an_event_is_said_in_words():
    assert code_words(ENGLISH, "process.received.v1", "return.departed") == "Departed"
    assert code_words(ENGLISH, "newer.event.v9", "some-code") == "some-code"
    assert all(codes(codelist) for codelist in CODES.values())


def test_what_an_entry_holds_is_said_in_words_and_the_rest_stands_below_as_it_is():
    found = in_words(
        {
            "case_id": "left out",
            "law": None,
            "recipients": ["kh-lotus", "kh-unknown"],
            "fields": ["cor_FullName"],
            "allowed": True,
            "valid_until": "2026-11-27T12:53:01.252807Z",
            "consent_id": "e660f962",
            "grant": {"basis": None},
        },
        THAI,
        DIRECTORY,
    )
    assert [text for _, text in found.told] == ["Lotus, kh-unknown", "ชื่อเต็ม", "ใช่", "27 พ.ย. 2569 19:53"]
    assert found.kept == [("consent_id", "e660f962"), ("grant", "{'basis': None}")]


def test_an_organisation_is_looked_for_by_its_name_unless_two_have_it():
    asked = [
        Sought({**dict.fromkeys(NAMES, ""), "organisation": said}).query(ENGLISH.zone, DIRECTORY)
        for said in ("care agency", "Lotus", "kh-lotus")
    ]
    assert [one["organisation"] for one in asked] == ["th-care-agency", "Lotus", "kh-lotus"]
