"""The steps of asking her: their order, what is sent at the end, and where a refusal belongs; no database, no network."""

from zoneinfo import ZoneInfo

import pytest

from services.console.consenting import wizard
from services.console.consenting.questions import CHECK, HOW, LANGUAGE, NOTICE, SPEAKER, UNTIL, WHAT

ZONE = ZoneInfo("Asia/Bangkok")
GIVEN = {
    "today": ["2026-11-26"], "recipients": ["kh-shelter"], "purposes": ["protection"], "categories": ["needs"], "notice_language": ["en"],
    "language": [""], "notice_version": ["2026-1"], "risks_explained": ["yes"], "decision": ["given"], "capacity": ["self"],
    "method": ["signature"], "guardian": ["Aunt"], "period": ["365"], "withdrawal_method": ["hotline"],
}  # fmt: skip


def way(typed) -> list[str]:
    steps = [WHAT]
    while steps[-1] is not CHECK:
        steps.append(wizard.after(steps[-1], typed))
    return [step.name for step in steps]


def test_who_speaks_for_her_is_asked_where_another_agreed_and_a_no_ends_the_way():
    assert way(GIVEN) == ["what", "language", "notice", "how", "until", "check"]
    assert way({**GIVEN, "capacity": ["guardian"]}) == [
        "what",
        "language",
        "notice",
        "how",
        "speaker",
        "until",
        "check",
    ]
    assert wizard.after(NOTICE, {**GIVEN, "decision": ["refused"]}) is CHECK


def test_the_way_back_is_the_way_there():
    assert wizard.before(UNTIL, GIVEN) is HOW
    assert wizard.before(UNTIL, {**GIVEN, "capacity": ["best-interests"]}) is SPEAKER
    assert wizard.before(CHECK, {**GIVEN, "decision": ["refused"]}) is NOTICE
    assert wizard.before(CHECK, {"decision": ["refused"]}) is WHAT


def test_sent_twice_it_is_the_same_and_names_that_were_not_asked_for_are_not_sent():
    sent = wizard.body(GIVEN, ZONE)
    assert sent == wizard.body(dict(GIVEN), ZONE)
    assert (sent["valid_until"], sent["language"], "guardian" in sent) == (
        "2027-11-26T23:59:00+07:00",
        "en",
        False,
    )
    assert sent["recipients"] == [{"organisation": "kh-shelter", "country": "KH"}]


@pytest.mark.parametrize("today", ["", "yesterday", "9999-12-31"])
def test_a_day_that_is_none_gives_no_end(today):
    assert wizard.body({**GIVEN, "today": [today]}, ZONE)["valid_until"] is None


def test_a_no_carries_the_question_that_was_asked_and_nothing_else():
    refused = {**GIVEN, "decision": ["refused"]}
    assert wizard.body(refused, ZONE).keys() == {
        "decision",
        "purposes",
        "recipients",
        "categories",
        "notice_version",
        "language",
    }
    assert wizard.body({"decision": ["refused"]}, ZONE) == {
        "decision": "refused",
        "purposes": [],
        "recipients": [],
        "categories": [],
    }
    assert "decision" not in wizard.asked_anew(refused)
    assert wizard.asked_anew(GIVEN) == GIVEN


def test_what_is_missing_is_found_in_its_step_and_a_no_misses_nothing():
    assert wizard.first_missing(GIVEN) is None
    assert wizard.first_missing({"decision": ["refused"]}) is None
    assert wizard.first_missing({**GIVEN, "notice_version": []}) == (LANGUAGE, {})
    step, faults = wizard.first_missing({**GIVEN, "method": [" "]})
    assert (step, list(faults)) == (HOW, ["method"])


def test_a_refusal_belongs_to_the_first_step_that_is_answerable_for_it():
    assert wizard.placed({"valid_until": "late"}, GIVEN) == (UNTIL, {"until_day": wizard.UNTIL_REFUSED})
    assert wizard.placed({"witness": "w", "recipients": "r"}, GIVEN) == (WHAT, {"recipients": "r"})
    assert wizard.placed({}, GIVEN) is None
    assert {"notice_version", "valid_until", "recipients"} <= set(wizard.members())
