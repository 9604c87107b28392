"""An XLSForm becomes a form of ours, and what of it cannot be taken is named by sheet and row."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from contracts.checklist.reading import checked
from services.interchange.domain.cells import BadFile
from services.interchange.domain.survey import Omission, Survey, rows_of
from services.interchange.workbook import sheets

HTCDS = Path(__file__).parent / "data" / "htcds" / "htcds_xlsform.xlsx"


def survey_of(content: bytes) -> Survey:
    found = sheets(content, "survey", "choices")
    return Survey(rows_of(found["survey"]), rows_of(found["choices"]))


def workbook(survey, choices=(), names=("survey", "choices")) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in zip(names, (survey, choices), strict=True):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_the_survey_of_htcds_is_a_form_whose_questions_are_fields_of_a_case_file():
    survey = survey_of(HTCDS.read_bytes())
    form = checked(survey.form("htcds-survey", "1", "IOM, HTCDS toolkit, CC BY 4.0"))
    assert (form.purpose, form.languages, len(form.questions())) == ("form", ["en"], 31)
    fields = {question.code: question.field for question in form.questions()}
    assert len([name for name in fields.values() if name]) == 21
    assert (fields["prs_First_Name"], fields["vic_Methods_of_Control"]) == (
        "prs_FirstName",
        "vic_MethodsOfControl",
    )
    assert len(form.choices["citizenship"]) == 249
    kinds = {question.code: question.kind for question in form.questions()}
    assert (kinds["prs_Birthdate"], kinds["prs_Citizenship"], kinds["vic_MethodOfRecruitment"]) == (
        "date",
        "one",
        "many",
    )
    alone = "a question of the form alone: "
    decided = "a formal status is recorded as a decision, with its reasons"
    nowhere = f"{alone}no field of a case file has its answer"
    assert survey.omissions == [
        Omission("survey", 2, "there is no answer of the type 'start' here"),
        Omission("survey", 3, "there is no answer of the type 'end' here"),
        Omission("survey", 4, nowhere),
        Omission("survey", 16, f"{alone}prs_MailingCountry takes a code of a list, and this asks for a text"),
        *(Omission("survey", row, f"{alone}{decided}") for row in (22, 23)),
        *(Omission("survey", row, nowhere) for row in range(29, 35)),
        Omission("survey", 35, "there is no answer of the type 'calculate' here"),
    ]


def test_each_thing_that_cannot_be_taken_is_named_with_its_row():
    content = workbook(
        [
            ["type", "name", "label::English (en)", "label::Français (fr)", "relevant", "required"],
            ["begin_group", "who", "Who", None, None, None],
            ["text", "cor_FullName", "Name", "Nom", None, "yes"],
            ["select_one sex", "prs_Gender", "Gender", None, None, None],
            ["end_group", None, None, None, None, None],
            ["geopoint", "where", "Where", None, None, None],
            ["text", "cor_FullName", "Name again", None, None, None],
            ["text", "no label", None, None, None, None],
            ["select_multiple none", "vic_MethodsOfControl", "Control", None, None, None],
            ["text", "cor_Health", "Health", None, "${prs_Gender} = 'F'", None],
        ],
        [
            ["list_name", "name", "label::English (en)"],
            ["sex", "F", "Woman"],
            ["sex", "F", "Man"],
            ["sex", "M", None],
        ],
    )
    survey = survey_of(content)
    form = checked(survey.form("our-form", "1", "a test"))
    assert [(section.code, [q.code for q in section.questions]) for section in form.sections] == [
        ("main", ["cor_Health"]),
        ("who", ["cor_FullName", "prs_Gender"]),
    ]
    name = form.questions()[1]
    assert (name.required, name.field, form.questions()[2].field) == (True, "cor_FullName", None)
    assert {(one.sheet, one.row): one.why for one in survey.omissions} == {
        ("choices", 3): "its name stands in the list already",
        ("choices", 4): "it has no label in English",
        ("survey", 3): "its label in fr is left out",
        ("survey", 4): "a question of the form alone: prs_Gender does not take F",
        ("survey", 6): "there is no answer of the type 'geopoint' here",
        ("survey", 7): "its name is no code, or stands there already",
        ("survey", 8): "its name is no code, or stands there already",
        ("survey", 9): "its list has no choices",
        ("survey", 10): "its relevant is left out: every question is asked",
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no workbook", "not-a-workbook"),
        (workbook([["type"]], names=("survey", "answers")), "no-such-sheet"),
    ],
    ids=["no workbook", "no sheet of choices"],
)
def test_a_file_that_is_no_xlsform_is_refused(content, code):
    with pytest.raises(BadFile) as refused:
        survey_of(content)
    assert refused.value.code == code
