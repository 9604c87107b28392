"""Rows of a file: spellings, values, and every reason for which a row or a file is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.duplicates import index_text
from services.intake.domain.htcds import FORMULA, MAX_ROWS, BadFile, Row, RowError, read_header, read_rows

TODAY = date(2026, 11, 24)


def read(header, *rows):
    return read_rows(read_header(header), enumerate(rows, 2), TODAY)


def test_both_spellings_of_the_standard_name_the_same_field():
    fields = read_header(["prs_FirstName", "prs_SecondName", "vic_MethodsOfControl"])
    survey = read_header(["prs_First_Name", " prs_Second_Name ", "vic_Methods_of_Control"])
    assert fields == survey


def test_columns_that_are_no_part_of_a_case_file_are_passed_over():
    assert read_header(
        ["start", "con_Consent", "cor_FullName", "_uuid", "vic_MethodOfRecruitment/Other"]
    ) == (
        None,
        None,
        "cor_FullName",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("header", "code", "column"),
    [
        (["type", "name", "label", "required"], "survey-form", None),
        (["list_name", "name", "label"], "survey-form", None),
        (["cor_FullName", "Nationality"], "unknown-column", 2),
        (["cor_FullName", "", "prs_Email"], "unknown-column", 2),
        (["prs_FirstName", "prs_First_Name"], "repeated-column", 2),
        (["start", "end"], "no-known-column", None),
        ([], "no-known-column", None),
        (["cor_FullName"] + ["_x"] * 200, "too-many-columns", None),
    ],
)
def test_a_header_that_cannot_be_used_is_refused_with_its_place(header, code, column):
    with pytest.raises(BadFile) as refused:
        read_header(header)
    assert (refused.value.code, refused.value.column) == (code, column)


def test_several_values_stand_in_one_cell_as_survey_tools_write_them():
    sheet = read(["prs_Citizenship", "vic_MethodsOfControl"], ["KH;XXA", "DebtBondage FalsePromises"])
    assert sheet.rows == [
        Row(
            2,
            {"prs_Citizenship": '["KH", "XXA"]', "vic_MethodsOfControl": '["DebtBondage", "FalsePromises"]'},
        )
    ]


@pytest.mark.parametrize("name", ["សុខា", "สมหญิง", "ආචාර", "Ø", "李", "مريم"])
def test_a_single_name_in_any_script_is_a_whole_row(name):
    assert read(["cor_FullName"], [name]).rows == [Row(2, {"cor_FullName": name})]


@pytest.mark.parametrize("when", ["1998", "1998-05", "1998-05-12", "1998~", "1998-05?"])
def test_a_partial_birth_date_is_ordinary(when):
    assert read(["prs_Birthdate"], [when]).rows == [Row(2, {"prs_Birthdate": when})]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("cor_FullName", FORMULA, "formula"),
        ("cor_FullName", "=HYPERLINK(1)", "formula"),
        ("cor_FullName", "@sum", "formula"),
        ("cor_FullName", "-cmd", "formula"),
        ("prs_MobilePhone", "+66+cmd|' /C calc'!A0", "formula"),
        ("cor_FullName", "1234", "invalid-text"),
        ("cor_FullName", "a\u202eb", "invalid-text"),
        ("cor_FullName", "x" * 3000, "too-long"),
        ("cor_FullName", "x" * 9000, "too-long"),
        ("cor_ExternalId", "x" * 201, "too-long"),
        ("prs_Birthdate", "12/05/1998", "invalid-date"),
        ("prs_Birthdate", "1998-02-30", "invalid-date"),
        ("prs_Birthdate", "2541", "invalid-date"),
        ("prs_Birthdate", "2027", "date-in-the-future"),
        ("prs_Gender", "Female", "unknown-code"),
        ("prs_Citizenship", "KH ZZ9", "unknown-code"),
        ("prs_NumberOfChildren", "two", "invalid-number"),
    ],
)
def test_a_bad_cell_is_reported_by_line_column_and_reason(column, cell, reason):
    columns = ["prs_Email", column]
    sheet = read(columns, ["a@example.org", cell])
    assert (sheet.rows, sheet.errors, sheet.total) == ([], [RowError(2, column, reason)], 1)


def test_a_telephone_number_with_a_plus_is_no_formula():
    assert read(["prs_MobilePhone"], ["+66 (81) 234-5678"]).errors == []


def test_a_checkbox_is_read_as_an_answer():
    sheet = read(["prs_Deceased"], ["TRUE"], ["0"], ["unknown"])
    assert [row.fields["prs_Deceased"] for row in sheet.rows] == ["yes", "no", "unknown"]


def test_a_status_is_taken_over_only_with_the_organisation_that_decided_it():
    header = ["vic_TraffickingStatus", "vic_TraffickingStatusDecisionMakingOrg"]
    sheet = read(header, ["ActualVictimOfTrafficking", ""], ["", "NGO"], ["ActualVictimOfTrafficking", "NGO"])
    assert sheet.errors == [RowError(2, header[1], "missing"), RowError(3, header[0], "missing")]
    assert len(sheet.rows) == 1


def test_empty_lines_are_passed_over_and_empty_rows_are_not():
    sheet = read(["cor_FullName", "cor_ExternalId"], ["", " "], [None, "7"], ["Sokha", "8", "more"])
    assert sheet.errors == [RowError(3, "*", "empty"), RowError(4, "*", "more-cells-than-columns")]


def test_more_rows_than_are_taken_refuse_the_file():
    with pytest.raises(BadFile) as refused:
        read(["cor_FullName"], *(["Sokha"] for _ in range(MAX_ROWS + 1)))
    assert refused.value.code == "too-many-rows"


def test_a_million_empty_lines_are_not_read_to_their_end():
    with pytest.raises(BadFile):
        read_rows(read_header(["cor_FullName"]), [(1_000_000, [None])], TODAY)


def test_a_row_is_recognised_by_its_identifier_or_else_by_everything_in_it():
    first = Row(2, {"cor_FullName": "Sokha"}, "A-7")
    assert first.content() == Row(9, {"cor_FullName": "Dara"}, "A-7").content()
    plain = Row(2, {"a": "1", "b": "2"})
    assert plain.content() == Row(5, {"b": "2", "a": "1"}).content() != Row(2, {"a": "1"}).content()


@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_whatever_a_cell_holds_the_row_is_read_or_refused_and_no_error_repeats_it(cells):
    sheet = read(["cor_FullName", "prs_Birthdate", "prs_Gender"], cells)
    assert sheet.total == (1 if any(cell.strip() for cell in cells) else 0)
    for error in sheet.errors:
        assert error.reason in {
            "formula",
            "invalid-text",
            "too-long",
            "invalid-date",
            "date-in-the-future",
            "unknown-code",
        }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"cor_FullName": "Sók Dara"}, {"prs_FirstName": "DARA", "prs_SecondName": "Sok"}),
        (
            {"cor_FullName": "สมหญิง", "prs_Birthdate": "1998-05"},
            {"cor_FullName": "สมหญิง", "prs_Birthdate": "1998~"},
        ),
    ],
)
def test_the_same_name_written_otherwise_has_the_same_index(one, other):
    assert index_text(one) == index_text(other)


def test_vowel_marks_that_tell_names_apart_are_kept_and_no_name_has_no_index():
    assert index_text({"cor_FullName": "สม"}) != index_text({"cor_FullName": "สุม"})
    assert index_text({"prs_Birthdate": "1998"}) is None
