"""Rows of a file: spellings, values, and every reason for which a row or a file is refused."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.casefile.file_limits import MOST_ROWS
from contracts.casefile.reference import reference_of
from services.interchange.domain.cells import BadFile, Line, NoValue
from services.interchange.domain.headings import Column, is_labels, read_heading
from services.interchange.domain.htcds import Place, Row, RowError, read_sheet

TODAY = date(2026, 11, 24)


def read(header, *rows, several=False, hidden=()):
    lines = [Line(number, tuple(cells), number in hidden) for number, cells in enumerate([header, *rows], 1)]
    return read_sheet(lines, Place(TODAY), several=several)


def test_both_spellings_of_the_standard_name_the_same_field():
    fields = read_heading(["prs_FirstName", "prs_SecondName", "vic_MethodsOfControl"])
    survey = read_heading(["prs_First_Name", " prs_Second_Name ", "vic_Methods_of_Control"])
    assert fields == survey


def test_columns_that_are_no_part_of_a_case_file_are_passed_over():
    columns = read_heading(["start", "con_Consent", "cor_FullName", "_uuid", "vic_MethodOfRecruitment/Other"])
    assert [column.field for column in columns] == [None, None, "cor_FullName", None, None]


@pytest.mark.parametrize(
    ("header", "code", "column"),
    [
        (["type", "name", "label", "required"], "survey-form", None),
        (["list_name", "name", "label"], "survey-form", None),
        (["cor_FullName", "Nationality"], "unknown-column", 2),
        (["prs_FirstName", "prs_First_Name"], "repeated-column", 2),
        (["start", "end"], "no-known-column", None),
        ([], "no-known-column", None),
        (["cor_FullName"] + ["_x"] * 200, "too-many-columns", None),
    ],
)
def test_a_header_that_cannot_be_used_is_refused_with_its_place(header, code, column):
    with pytest.raises(BadFile) as refused:
        read_heading(header)
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
        ("cor_FullName", NoValue.FORMULA, "formula"),
        ("cor_FullName", "=HYPERLINK(1)", "formula"),
        ("cor_FullName", "#N/A", "error-value"),
        ("cor_Health", "#REF!", "error-value"),
        ("cor_FullName", "#NAME?", "error-value"),
        ("prs_MobilePhone", "########", "error-value"),
        ("prs_MobilePhone", "8.55E+10", "rounded-number"),
        ("cor_FullName", NoValue.MERGED, "merged-cells"),
        ("cor_FullName", NoValue.HIDDEN, "hidden-column"),
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
        read(["cor_FullName"], *(["Sokha"] for _ in range(MOST_ROWS + 1)))
    assert refused.value.code == "too-many-rows"


def test_a_million_empty_lines_are_not_read_to_their_end():
    with pytest.raises(BadFile):
        read_sheet([Line(1, ("cor_FullName",)), Line(1_000_000, (None,))], Place(TODAY))


def test_a_row_is_recognised_by_its_identifier_or_else_by_everything_in_it():
    first = Row(2, {"cor_FullName": "Sokha"}, "A-7")
    other = Row(9, {"cor_FullName": "Dara"}, "A-7")
    assert first.identity() == other.identity()
    assert first.content() != other.content()
    plain = Row(2, {"a": "1", "b": "2"})
    assert plain.identity() == Row(5, {"b": "2", "a": "1"}).identity() != Row(2, {"a": "1"}).identity()


def test_two_rows_with_one_identifier_and_other_contents_are_both_refused():
    sheet = read(["cor_ExternalId", "cor_FullName"], ["S-1", "Dara"], ["S-2", "Bo"], ["S-1", "Sophea"])
    assert [row.line for row in sheet.rows] == [3]
    assert sheet.errors == [RowError(line, "cor_ExternalId", "same-id-other-content") for line in (2, 4)]


def test_rows_that_are_alike_in_everything_are_asked_about():
    rows = (["Ada", "Feminine"], ["Bo", "Feminine"], ["Ada", "Feminine"])
    refused = read(["cor_FullName", "prs_Gender"], *rows)
    assert ([row.line for row in refused.rows], refused.errors) == (
        [2, 3],
        [RowError(4, "*", "same-as-another-row")],
    )
    separate = read(["cor_FullName", "prs_Gender"], *rows, several=True)
    assert (len(separate.rows), separate.errors) == (3, [])
    assert len({row.identity() for row in separate.rows}) == 3


def test_a_row_written_twice_with_its_identifier_is_one_person():
    sheet = read(["cor_ExternalId", "cor_FullName"], ["S-1", "Dara"], ["S-1", "Dara"])
    assert (len(sheet.rows), len({row.identity() for row in sheet.rows}), sheet.errors) == (2, 1, [])


def test_a_note_that_begins_with_a_dash_is_a_note():
    sheet = read(
        ["cor_FullName", "cor_Health"], ["Ada", "- injured hand"], ["Bo", "+ test done"], ["Cy", "@home"]
    )
    assert [row.fields["cor_Health"] for row in sheet.rows] == ["- injured hand", "+ test done", "@home"]


def test_a_blank_beside_the_table_is_passed_over_and_a_value_is_not():
    sheet = read(["cor_FullName"], ["Ada", " ", None], ["Bo", "", "x"])
    assert [row.line for row in sheet.rows] == [2]
    assert sheet.errors == [RowError(3, "*", "more-cells-than-columns")]


def test_a_row_that_is_hidden_is_refused_by_its_line():
    sheet = read(["cor_FullName"], ["Visible"], ["Hidden"], hidden=(3,))
    assert ([row.line for row in sheet.rows], sheet.errors) == ([2], [RowError(3, "*", "hidden-row")])


def test_a_column_without_a_heading_may_count_the_lines_and_hold_nothing_else():
    sheet = read(["", "cor_FullName"], ["1", "Ada"], ["2", ""], ["3", "Bo"], ["note", "Cy"], ["9", "Di"])
    assert [row.fields["cor_FullName"] for row in sheet.rows] == ["Ada", "Bo"]
    assert sheet.errors == [RowError(5, "*", "no-heading"), RowError(6, "*", "no-heading")]


NAMES = ["prs_FirstName", "prs_MailingCity", "prs_MailingStreet"]
LABELS = ["First Name", "Mailing Street", "Mailing City"]


def test_a_second_line_of_labels_is_no_row():
    sheet = read(["prs_FirstName", "prs_Gender"], ["First Name", "Gender"], ["Ada", "Feminine"])
    assert [row.line for row in sheet.rows] == [3]
    assert not is_labels(["First Name", "Ada"], ["prs_FirstName", "prs_SecondName"])


def test_where_names_are_hidden_the_labels_say_what_a_column_is():
    sheet = read(NAMES, LABELS, ["Ada", "Canal Road", "Poipet"], hidden=(1,))
    assert sheet.rows[0].fields == {
        "prs_FirstName": "Ada",
        "prs_MailingStreet": "Canal Road",
        "prs_MailingCity": "Poipet",
    }


def test_where_both_headings_are_seen_and_differ_nothing_under_them_is_taken():
    sheet = read(NAMES, LABELS, ["Ada", "Canal Road", ""], ["Bo", "", ""])
    assert [row.line for row in sheet.rows] == [4]
    assert sheet.errors == [RowError(3, "prs_MailingCity", "two-headings")]


def test_labels_alone_name_the_columns_too():
    assert read_heading(["First Name", "Case Owner"]) == (Column("prs_FirstName"), Column())


def test_labels_of_the_standards_drop_downs_are_read_as_their_codes():
    header = ["prs_Citizenship", "vic_TypeOfExploitation", "vic_MethodsOfControl", "vic_ForcedLabourIndustry"]
    sheet = read(
        header,
        ["Cambodia", "Forced labour", "Debt bondage;Takes earnings", "Agriculture, forestry and fishing"],
    )
    assert sheet.errors == []
    assert sheet.rows[0].fields == {
        "prs_Citizenship": '["KH"]',
        "vic_TypeOfExploitation": '["ForcedLabour"]',
        "vic_MethodsOfControl": '["DebtBondage", "TakesEarnings"]',
        "vic_ForcedLabourIndustry": '["A_AgricultureForestryAndFishing"]',
    }


@pytest.mark.parametrize("cell", ["UK", "XK", "KHM", "kh", "khm", "cambodia", "Kampuchea"])
def test_no_other_spelling_of_a_country_is_mapped(cell):
    assert read(["cor_FullName", "prs_Citizenship"], ["Ada", cell]).errors == [
        RowError(2, "prs_Citizenship", "unknown-code")
    ]


@example(["", "", "HEALTH"])
@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_whatever_a_cell_holds_the_row_is_read_or_refused_and_no_error_repeats_it(cells):
    sheet = read(["cor_FullName", "prs_Birthdate", "prs_Gender"], cells)
    assert sheet.total == (1 if any(cell.strip() for cell in cells) else 0)
    for error in sheet.errors:
        assert error.reason in {
            "formula",
            "error-value",
            "rounded-number",
            "invalid-text",
            "too-long",
            "invalid-date",
            "date-in-the-future",
            "unknown-code",
        }


def test_the_identifier_of_a_row_is_the_own_number_of_its_case_unless_it_is_a_reference():
    reference = reference_of("TH", "7F3K2")
    sheet = read(
        ["cor_ExternalId", "cor_OwnNumber", "cor_FullName"],
        ["S-1", "", "Dara"],
        [reference, "", "Bo"],
        [reference.lower(), "'=7", "Sophea"],
        ["", "S-2", "Nika"],
    )
    assert sheet.errors == []
    assert [row.own_number for row in sheet.rows] == ["S-1", None, "=7", "S-2"]


def test_one_own_number_on_two_persons_is_refused_for_both():
    rows = (["", "S-1", "Dara"], ["", "s 1", "Bo"], ["", "s-1", "Sophea"], ["", "S-2", "Nika"])
    sheet = read(["cor_ExternalId", "cor_OwnNumber", "cor_FullName"], *rows)
    assert sheet.errors == [RowError(line, "cor_OwnNumber", "same-number") for line in (2, 4)]
    assert [row.own_number for row in sheet.rows] == ["s 1", "S-2"]


def test_a_reference_in_the_column_of_own_numbers_is_refused():
    sheet = read(["cor_OwnNumber", "cor_FullName"], [reference_of("TH", "7F3K2"), "Dara"])
    assert sheet.errors == [RowError(2, "cor_OwnNumber", "invalid-text")]
