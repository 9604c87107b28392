"""The report on paper: in every language everything in words, none of it as it is kept, and nothing of her on the first page."""

import json
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from chassis.printing.paper import LANGUAGES, Paper, PaperCheck, pictures
from chassis.printing.words import words
from contracts.codes import ENGLISH, labels
from contracts.codes import LANGUAGES as LABELLED
from contracts.internal import HeldData, HeldRow, HeldSection, HeldValue
from services.intake.identification.domain.checklist import checklists
from services.intake.rights.report import report
from services.intake.rights.report_paper import label_language, paper_of

CHECK = PaperCheck("Ask here:", "https://check.example/papers", "C7K2-9QWE-0H3M-PX4T")
LIST = "ilo-ec-labour-adult"
QUESTION = "deceptive_recruitment.wages"
NAME = "ស្រីមុំ สมหญิง"
WRITES = (("note_history", "text"), ("status", "reason"))
LATE = "2026-11-26T20:03:09.789973+00:00"
"""In Thailand it is the next day by then."""


def _kept(**values) -> HeldRow:
    known = {"by": "staff_role", "checklist": "checklist", "resource": "resource"}
    given = {"at": LATE, "organisation": "th-care-agency", "by": ["case_worker"], **values}
    return HeldRow(values=[HeldValue(name=n, value=v, code_list=known.get(n)) for n, v in given.items()])


def _paper(language: str) -> Paper:
    answers = {QUESTION: "yes"}
    result = json.dumps(
        checklists()[LIST].evaluate(answers), default=lambda one: {n: getattr(one, n) for n in one.__slots__}
    )
    sections = {
        "fields": [_kept(cor_FullName=NAME), _kept(vic_TypeOfExploitation='["ForcedLabour"]')],
        "screening": [_kept(checklist=LIST, result=result, answers=json.dumps(answers))],
        "needs": [_kept(assessment=json.dumps({"needs": ["shelter"], "note": "first line\nsecond line"}))],
        "task": [_kept(by=[], text='{"text": null, "step": "bring-to-safety"}')],
        "reading": [_kept(resource="case-fields"), _kept(resource="case-fields", refused_times=2)],
    }
    held = HeldData(
        sections=[
            HeldSection(section=name, kept_for="audit-log" if name == "reading" else None, rows=rows)
            for name, rows in sections.items()
        ]
    )
    whole = report(UUID(int=1), {"intake": held}, label_language(language), ZoneInfo("Asia/Bangkok"))
    return paper_of(whole, language, date(2026, 11, 27), CHECK)


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_every_language_it_has_what_is_held_and_who_has_looked_in_words(language):
    paper, used = _paper(language), label_language(language)
    told = {section.title: section for section in paper.sections}
    fields, screening, needs, task, reading = told.values()
    worker = labels("staff_role", used)["case_worker"]
    head = f"2026-11-27 03:03 · th-care-agency · {worker}"
    assert [(one.head, [row.values for row in one.rows]) for one in fields.entries] == [
        (head, [[NAME], [labels("vic_TypeOfExploitation", used)["ForcedLabour"]]])
    ]
    assert reading.title == labels("held_section", used)["reading"]
    assert [one.rows[0].values for one in reading.entries][-1] == [labels("resource", used)["case-fields"]]
    assert reading.note == words(language)["report"]["stays"].format(
        why=labels("kept_reason", used)["audit-log"]
    )
    asked, found, answered = (row.values for row in screening.entries[0].rows)
    assert asked == [labels("checklist", used)[LIST]]
    assert found == [labels("screening_outcome", used)["not-established"]]
    assert answered[0].endswith(labels("answer", used)["yes"])
    assert needs.entries[0].rows[0].values == [labels("need", used)["shelter"], "first line", "second line"]
    assert task.entries[0].head == "2026-11-27 03:03 · th-care-agency"
    assert task.entries[0].rows[0].values == [labels("task_step", used)["bring-to-safety"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_language_without_labels_it_says_that_they_are_in_english(language):
    said = words(language)["report"]["foreign"] in _paper(language).before
    assert (said, label_language(language)) == (
        (False, language) if language in LABELLED else (True, ENGLISH)
    )


@pytest.mark.parametrize("language", ["th", "km"])
def test_it_is_made_with_nothing_of_her_on_its_first_page(language):
    paper = _paper(language)
    first, *rest = pictures(paper)
    assert (
        first
        == pictures(Paper(language, paper.title, paper.before, paper.rows, paper.after, check=paper.check))[0]
    )
    assert len(rest) == 2


WRITTEN = (
    "[" * 3000,
    '{"result": 1, "dimensions": 1}',
    "[]",
    '{"he": "hit", "he": "left"}',
    "9999-12-31T23:59:59+00:00",
)
"""Words as somebody may write them down, which look like what a program keeps."""


@pytest.mark.parametrize(
    ("section", "name", "written"),
    [
        *((section, name, one) for section, name in WRITES for one in WRITTEN),
        ("return", "grounds", WRITTEN[0]),
    ],
)
def test_no_words_that_somebody_wrote_are_left_out_or_keep_the_report_from_her(section, name, written):
    row = HeldRow(values=[HeldValue(name=name, value=written)])
    held = HeldData(sections=[HeldSection(section=section, kept_for=None, rows=[row])])
    whole = report(UUID(int=1), {"intake": held}, ENGLISH, ZoneInfo("Asia/Bangkok"))
    assert whole.sections[0].rows[0][0].shown == written
