"""Every part of the case page with something in it, in every language: rendered from answers as the services give them."""

from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import LANGUAGES
from services.console import answers, return_answers
from services.console.asking import Answer, Panel
from services.console.commands import COMMANDS, offered
from services.console.domain.person import Person
from services.console.rendering import environment
from services.console.words import Reader

AT = "2026-11-26T22:30:00Z"
CASE = {
    "id": str(uuid4()), "reference": "TH-7F3K-2W", "organisation": "th-care-agency", "workers": ["th.worker"], "covers": [],
    "channel": "agency", "urgency": "immediate", "opened_at": AT, "updated_at": AT, "state": "closed", "age_group": "child",
    "flagged": True, "on_hold": True, "unattended": True, "waiting_for": "worker", "next": "task", "next_at": AT, "moves": [],
}  # fmt: skip
RECEIVED = {
    "disclosure_id": str(uuid4()),
    "sender": "kh-care-agency",
    "sender_cell": "KH",
    "purpose": "case-management",
    "valid_until": AT,
    "changed": ["prs_Gender"],
}
HALVES = {"half": "outgoing", "sender": "th-care-agency", "late": True, "waiting_for": "partner"}
FIELDS = {
    "own_number": "A/17", "fields": {"cor_FullName": "Sokha", "prs_Birthdate": "1999~", "prs_Citizenship": ["KH"]},
    "flags": [], "standing_flags": ["medical_emergency", "immediate_danger"],
    "received": [
        {**RECEIVED, "closed": None, "fields": {"prs_Gender": "Feminine"}},
        {**RECEIVED, "closed": "withdrawn", "fields": {}},
    ],
}  # fmt: skip
ITEMS = {
    "needs": (answers.NEEDS, {"urgency": "urgent", "needs": ["shelter"], "note": "soon", "at": AT, "by": "th.worker"}),
    "dependants": (answers.DEPENDANTS, {"id": str(uuid4()), "case_id": CASE["id"], "here": True, "depends": True, "relation": "child", "other": {"id": str(uuid4()), "reference": "TH-2QK7-3M"}, "linked_at": AT, "linked_by": "th.worker", "ended_at": None, "reason": None, "moves": []}),
    "notes": (answers.NOTES, {"category": "call", "text": None, "state": "struck", "by": "th.worker", "at": AT, "revision": 2, "id": str(uuid4()), "reason": "wrong case", "moves": [{"verb": "correct_note", "path": "x"}]}),
    "tasks": (answers.TASKS, {"kind": "visit", "state": "open", "worker": None, "due_at": None, "due_on": "2026-11-27", "overdue": True, "text": "ring", "id": str(uuid4()), "step": None, "case_id": CASE["id"], "case_reference": CASE["reference"], "cancel_offered": False}),
    "consents": (answers.CONSENTS, {"state": "given", "valid_until": AT, "created_at": AT, "terms": {"purposes": ["case-management"], "recipients": [{"organisation": "kh-care-agency"}]}}),
    "referrals": (answers.REFERRALS, {**HALVES, "state": "requested", "recipient": "kh-care-agency", "service": "shelter", "respond_by": AT, "referral_id": str(uuid4()), "case_id": CASE["id"], "case_reference": None, "kind": "referral", "purpose": "protection", "urgency": "urgent", "created_at": AT, "workers": []}),
    "returns": (return_answers.RETURNS, {**HALVES, "state": "cleared", "receiver": "kh-care-agency", "expected_at": AT, "return_id": str(uuid4()), "case_id": CASE["id"], "case_reference": None, "result": "safe", "requested_at": AT, "workers": []}),
    "timeline": (answers.TIMELINE, {"at": AT, "label": "Case opened", "elsewhere": True, "organisation": "kh-care-agency", "by": None}),
}  # fmt: skip


def shown(language: str, panels) -> str:
    reader = Reader(language, ZoneInfo("Asia/Bangkok"))
    values = {
        "reader": reader, "_": reader.say, "prefix": "/console", "cell": "TH", "path": "/cases/x", "back_here": "/cases/x", "form_token": "t",
        "person": Person("th.worker", "th-care-agency", ("case_worker",), ("cases",)), "case": answers.OneCase(**CASE),
        "names": {"kh-care-agency": "Lotus <b>"}, "buttons": list(COMMANDS.values()), "more": [COMMANDS["close_case"]], "of_one": offered,
        "beside": [], "done": "",
    }  # fmt: skip
    return environment().get_template("case.html").render(values | panels)


def filled() -> dict[str, Panel]:
    lists = {
        name: Panel(Answer(question.shape(items=[item], next="more"), ""))
        for name, (question, item) in ITEMS.items()
    }
    said = {"reason": "contact-lost", "note": "moved away", "by": "th.worker", "at": AT}
    closing = answers.CaseEnd(closed=said, resumed=None, blocked_by=[], moves=[])
    hold = {
        "id": str(uuid4()),
        "until": AT,
        "placed_at": AT,
        "lifted_at": None,
        "in_force": True,
        "moves": [{"verb": "lift_hold", "path": "x"}],
    }
    one_each = {"fields": answers.Fields(**FIELDS), "closing": closing, "holds": answers.Holds([hold])}
    return {**{name: Panel(Answer(value, "")) for name, value in one_each.items()}, **lists}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_says_its_codes_in_the_words_of_the_reader(language):
    reader, page = Reader(language, ZoneInfo("Asia/Bangkok")), shown(language, filled())
    for codelist, code in (
        ("reading_closed", "withdrawn"), ("consent_state", "given"), ("referral_state", "requested"), ("return_state", "cleared"),
        ("urgent_health", "medical_emergency"), ("note_state", "struck"), ("task_kind", "visit"), ("need", "shelter"), ("prs_Gender", "Feminine"),
        ("case_closure", "contact-lost"),
    ):  # fmt: skip
        assert reader.label(codelist, code) in page, code
    assert page.count("Lotus &lt;b&gt;") >= 4
    assert ("27 พ.ย. 2569 05:30" in page) == (language == "th")


LEFT_OUT = {"timeline", "referrals", "returns"}
"""The parts that are not on the page of whoever may not read them."""


@pytest.mark.parametrize(
    ("away", "sentence"), [(True, "This part does not answer"), (False, "This part is not yours")]
)
def test_a_part_that_is_missing_says_why_or_is_left_out_where_it_is_not_the_readers(away, sentence):
    panels = dict.fromkeys(["fields", "holds", *ITEMS], Panel(away=away))
    said = panels if away else panels.keys() - LEFT_OUT
    page = shown("en", {**panels, "closing": Panel(away=away)})
    assert page.count(sentence) == len(said)
    for title in ("What happened", "Referrals</h2>", "Return</h2>"):
        assert (title in page) is away, title


def test_a_code_that_is_newer_than_this_console_is_shown_as_it_is():
    assert Reader("km", ZoneInfo("Asia/Bangkok")).label("referral_state", "levitated") == "levitated"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "May 1999"),
        ("th", "พฤษภาคม 2542"),
        ("km", "ឧសភា 1999"),
        ("fr", "mai 1999"),
        ("es", "mayo de 1999"),
    ],
)
def test_a_month_is_said_as_the_language_says_it(language, said):
    assert Reader(language, ZoneInfo("Asia/Bangkok")).partial("1999-05") == said
