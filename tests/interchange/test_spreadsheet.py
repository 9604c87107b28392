"""Files as they come: encodings, delimiters, workbooks, and what is refused before it is unpacked."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from services.interchange import workbook as workbooks
from services.interchange.domain.cells import BadFile
from services.interchange.domain.htcds import Place, Row, RowError
from services.interchange.reading import FileReading
from services.interchange.spreadsheet import read_file

HERE = Place(date(2026, 11, 24))
CSV = "cor_FullName,prs_Birthdate\r\nសុខា,1998\r\n"
ROWS = [Row(2, {"cor_FullName": "សុខា", "prs_Birthdate": "1998"})]


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(BadFile) as error:
        read_file(content, HERE)
    return error.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_forms_that_spreadsheets_write(encoding, delimiter):
    assert read_file(CSV.replace(",", delimiter).encode(encoding), HERE).rows == ROWS


def test_a_line_number_is_the_one_that_an_editor_shows_also_after_a_cell_of_two_lines():
    content = b'cor_Health,prs_Gender\n"two\nlines",\n,Female\n'
    assert read_file(content, HERE).errors == [RowError(4, "prs_Gender", "unknown-code")]


def test_a_workbook_is_read_with_its_dates_numbers_and_booleans():
    content = workbook(
        ["cor_FullName", "prs_Birthdate", "prs_NumberOfChildren", "prs_Deceased"],
        ["สมหญิง", date(1998, 5, 12), 2, False],
        [],
        ["Sokha", 1998, 0.0, None],
    )
    assert read_file(content, HERE).rows == [
        Row(
            2,
            {
                "cor_FullName": "สมหญิง",
                "prs_Birthdate": "1998-05-12",
                "prs_NumberOfChildren": "2",
                "prs_Deceased": "no",
            },
        ),
        Row(4, {"cor_FullName": "Sokha", "prs_Birthdate": "1998", "prs_NumberOfChildren": "0"}),
    ]


def test_a_formula_in_a_workbook_is_an_error_of_its_row():
    content = workbook(["cor_FullName"], ["=1+1"], ["Sokha"])
    sheet = read_file(content, HERE)
    assert (sheet.errors, len(sheet.rows)) == ([RowError(2, "cor_FullName", "formula")], 1)


def test_the_publishers_survey_form_is_refused_as_what_it_is():
    content = workbook(
        ["type", "name", "label", "required", "calculation"], ["text", "prs_First_Name", "First", False]
    )
    assert refused(content) == "survey-form"


def test_what_is_no_table_is_refused_by_its_kind():
    assert refused(b"") == "empty"
    assert refused(b"\xd0\xcf\x11\xe0rest") == "old-workbook"
    assert refused("cor_FullName\nSokh\u00e1".encode("latin-1")) == "not-unicode"
    assert refused(b"cor_FullName\n\x00") == "not-a-table"
    assert refused(b"PK\x03\x04 and no archive") == "not-a-workbook"
    assert refused(b'cor_FullName\n"open') == "unreadable"


def archive(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(name, content)
    return out.getvalue()


def test_an_archive_that_unpacks_to_more_than_is_taken_is_refused():
    bomb = archive("xl/worksheets/sheet1.xml", b" " * (workbooks.MAX_UNPACKED + 1))
    assert len(bomb) < 100_000
    assert refused(bomb) == "unpacks-too-large"


def test_an_archive_that_lies_about_its_size_is_refused():
    bomb = bytearray(archive("xl/worksheets/sheet1.xml", b" " * 200_000_000))
    size = (200_000_000).to_bytes(4, "little")
    while (place := bomb.find(size)) >= 0:
        bomb[place : place + 4] = (1_000).to_bytes(4, "little")
    assert refused(bytes(bomb)) in {"not-a-workbook", "unpacks-too-large"}


def test_an_archive_of_very_many_members_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for number in range(workbooks.MAX_MEMBERS + 1):
            zipped.writestr(f"m{number}", b"")
    assert refused(out.getvalue()) == "unpacks-too-large"


@pytest.mark.parametrize("before", [0, workbooks._BLOCK - 4])
def test_a_document_with_entities_is_refused_wherever_its_declaration_stands(before):
    content = b" " * before + b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    assert refused(archive("xl/workbook.xml", content)) == "not-a-workbook"


def test_a_workbook_that_breaks_inside_says_so_and_repeats_nothing():
    whole = workbook(["cor_FullName"], ["Sokha"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            content = source.read(member)
            broken = content[: len(content) // 2] if "sheet1" in member.filename else content
            target.writestr(member.filename, broken)
    with pytest.raises(BadFile) as error:
        read_file(out.getvalue(), HERE)
    assert error.value.code == "unreadable"
    assert error.value.__cause__ is None


HTCDS = Path(__file__).parent / "data" / "htcds"


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "name",
    ["HTCDS_Excel_Spreadsheet_v2.0.xlsx", "HTCDS_Excel_Spreadsheet_single_select_with_validation_v2.0.xlsx"],
)
def test_the_standards_own_workbook_is_read_as_it_comes(name):
    sheet = read_file((HTCDS / name).read_bytes(), HERE)
    assert (sheet.rows, sheet.errors) == ([], [])


def test_the_standards_own_workbook_filled_by_its_drop_downs_is_read_by_what_its_clerk_saw():
    book = load_workbook(HTCDS / "HTCDS_Excel_Spreadsheet_single_select_with_validation_v2.0.xlsx")
    sheet, choices = book["Case Sheet"], book["validation"]
    seen = {cell.value: cell.column for cell in sheet[2]}
    for line in range(3, 23):
        sheet.cell(line, seen["First Name"], f"Dara {'abcdefghijklmnopqrst'[line - 3]}")
        sheet.cell(line, seen["Birthdate"], date(1998, 5, 12))
        sheet.cell(line, seen["Mailing Street"], "Canal Road")
        sheet.cell(line, seen["Case Owner"], "Somebody")
        for label, column in (
            ("Gender", 2),
            ("Citizenship", 5),
            ("Methods of Control", 7),
            ("Forced Labour Industry", 9),
        ):
            offered = [row[0].value for row in choices.iter_rows(4, 252, column, column) if row[0].value]
            sheet.cell(line, seen[label], offered[line % len(offered)])
        sheet.cell(line, seen["Trafficking Status"], "Actual victim of trafficking")
        sheet.cell(line, seen["Trafficking Status Decision Making Organization"], "NGO")
    read = read_file(saved(book), HERE)
    assert (len(read.rows), read.errors) == (20, [])
    first = read.rows[0].fields
    assert (first["prs_FirstName"], first["prs_MailingStreet"]) == ("Dara a", "Canal Road")
    assert "prs_MailingCity" not in first
    assert (first["vic_TraffickingStatus"], first["prs_Birthdate"]) == (
        "ActualVictimOfTrafficking",
        "1998-05-12",
    )


def test_an_export_of_a_survey_tool_with_its_technical_columns_is_read():
    header = "start,end,today,username,deviceid,prs_First_Name,meta/instanceID,_id,_submission_time"
    content = f"{header}\n2026-01-01T08:00,x,2026-01-01,clerk,7,Dara,uuid:1,1,2026-01-01\n"
    assert read_file(content.encode(), HERE).rows == [Row(2, {"prs_FirstName": "Dara"})]


@pytest.mark.parametrize("before", ["sep=;\n", "\n \n", "\ufeffsep=;\r\n"])
def test_what_spreadsheet_programs_write_before_the_table_is_passed_over(before):
    sheet = read_file(f"{before}cor_FullName;prs_Gender\nAda;Feminine\n".encode(), HERE)
    assert [row.fields for row in sheet.rows] == [{"cor_FullName": "Ada", "prs_Gender": "Feminine"}]


def test_rows_on_a_second_sheet_are_not_left_out_in_silence():
    book = Workbook()
    book.active.append(["cor_FullName"])
    book.active.append(["Jan One"])
    other = book.create_sheet("Feb")
    assert len(read_file(saved(book), HERE).rows) == 1
    other.append(["cor_FullName"])
    assert refused(saved(book)) == "several-sheets"


def test_the_one_sheet_with_rows_may_stand_behind_empty_ones():
    book = Workbook()
    book.create_sheet("Rows").append(["cor_FullName"])
    book["Rows"].append(["Ada"])
    assert [row.fields for row in read_file(saved(book), HERE).rows] == [{"cor_FullName": "Ada"}]


def test_a_value_that_spans_rows_is_refused_in_all_of_them():
    book = Workbook()
    for row in (["cor_FullName", "prs_Citizenship"], ["Ada", "KH"], ["Bo", None], ["Cy", "TH"]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    book.active.merge_cells("A9:B12")
    sheet = read_file(saved(book), HERE)
    assert [row.line for row in sheet.rows] == [4]
    assert sheet.errors == [RowError(line, "prs_Citizenship", "merged-cells") for line in (2, 3)]


def test_hidden_rows_and_columns_are_refused_by_their_place():
    book = Workbook()
    for row in (["cor_FullName", "cor_Health"], ["Ada", None], ["Bo", "x"], ["Cy", None]):
        book.active.append(row)
    book.active.row_dimensions[4].hidden = True
    book.active.column_dimensions["B"].hidden = True
    sheet = read_file(saved(book), HERE)
    assert [row.line for row in sheet.rows] == [2]
    assert sheet.errors == [RowError(3, "cor_Health", "hidden-column"), RowError(4, "*", "hidden-row")]


def test_error_values_lost_digits_and_escapes_of_a_workbook_are_seen():
    book = Workbook()
    for row in (
        ["cor_FullName", "prs_IdentityNumber"],
        ["#N/A", None],
        ["Bo", 12345678901234567],
        ["Cy", "a_x0041_b"],
    ):
        book.active.append(row)
    book.active["A2"].data_type = "e"
    sheet = read_file(saved(book), HERE)
    assert sheet.errors == [
        RowError(2, "cor_FullName", "error-value"),
        RowError(3, "prs_IdentityNumber", "rounded-number"),
    ]
    assert [row.fields["prs_IdentityNumber"] for row in sheet.rows] == ["aAb"]


def nested(depth: int) -> bytes:
    whole, out = workbook(["cor_FullName"], ["Sokha"]), io.BytesIO()
    deep = b"<a>" * depth + b"</a>" * depth
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            content = source.read(member)
            if "sheet1" in member.filename:
                content = content.replace(b"<sheetData>", b"<sheetData>" + deep)
            target.writestr(member.filename, content)
    return out.getvalue()


def test_a_workbook_of_nested_elements_is_refused_before_it_becomes_objects():
    bomb = nested(4_000_000)
    assert len(bomb) < 60_000
    assert refused(bomb) == "too-deep"


async def test_a_file_is_read_in_a_child_process_with_the_same_answer():
    reading = FileReading()
    assert await reading.read(CSV.encode(), HERE) == read_file(CSV.encode(), HERE)
    twice = b"cor_FullName\nAda\nAda\n"
    assert len((await reading.read(twice, HERE, several=True)).rows) == 2
    with pytest.raises(BadFile) as error:
        await reading.read(b"cor_FullName,Sokha\nx,y\n", HERE)
    assert (error.value.code, error.value.column) == ("unknown-column", 2)


@pytest.mark.parametrize("bounds", [{"memory": 60_000_000}, {"seconds": 0.01}])
async def test_a_file_that_takes_more_than_a_child_may_have_is_refused(bounds):
    content = workbook(["cor_Health"], *([f"{number}{'x' * 1_900}"] for number in range(5_000)))
    with pytest.raises(BadFile) as error:
        await FileReading(**bounds).read(content, HERE)
    assert error.value.code == "too-much-to-read"
