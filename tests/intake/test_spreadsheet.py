"""Files as they come: encodings, delimiters, workbooks, and what is refused before it is unpacked."""

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from services.intake import spreadsheet
from services.intake.domain.htcds import BadFile, Row, RowError
from services.intake.spreadsheet import read_file

TODAY = date(2026, 11, 24)
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
        read_file(content, TODAY)
    return error.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_forms_that_spreadsheets_write(encoding, delimiter):
    assert read_file(CSV.replace(",", delimiter).encode(encoding), TODAY).rows == ROWS


def test_a_line_number_is_the_one_that_an_editor_shows_also_after_a_cell_of_two_lines():
    content = b'cor_Health,prs_Gender\n"two\nlines",\n,Female\n'
    assert read_file(content, TODAY).errors == [RowError(4, "prs_Gender", "unknown-code")]


def test_a_workbook_is_read_with_its_dates_numbers_and_booleans():
    content = workbook(
        ["cor_FullName", "prs_Birthdate", "prs_NumberOfChildren", "prs_Deceased"],
        ["สมหญิง", date(1998, 5, 12), 2, False],
        [],
        ["Sokha", 1998, 0.0, None],
    )
    assert read_file(content, TODAY).rows == [
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
    sheet = read_file(content, TODAY)
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
    bomb = archive("xl/worksheets/sheet1.xml", b" " * (spreadsheet.MAX_UNPACKED + 1))
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
        for number in range(spreadsheet.MAX_MEMBERS + 1):
            zipped.writestr(f"m{number}", b"")
    assert refused(out.getvalue()) == "unpacks-too-large"


@pytest.mark.parametrize("before", [0, spreadsheet._BLOCK - 4])
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
        read_file(out.getvalue(), TODAY)
    assert error.value.code == "unreadable"
    assert error.value.__cause__ is None
