"""Makes the bytes of a file that goes out. It stays in memory; nothing of it is written to disk."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from io import BytesIO, StringIO
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from contracts.casefile import own_number
from services.interchange.domain.export import (
    COLUMNS,
    ExportFormat,
    OutgoingCase,
    own_row,
    row_by_labels,
)
from services.interchange.domain.headings import EXTERNAL_ID, OWN_NUMBER, REFERENCE_LABEL

SHEET = "cases"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
TEMPLATE = "templates/htcds-2.0.xlsx"
"""The standard's own workbook as IOM published it (CC BY 4.0)."""
NAMES, CAPTIONS, FIRST_LINE = 1, 2, 3
"""The lines of the workbook: the names of its columns, hidden, their labels, and the first case."""

CSV_TYPE, XLSX_TYPE = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES: Mapping[ExportFormat, tuple[str, str]] = MappingProxyType(
    {
        ExportFormat.CSV: (CSV_TYPE, "csv"),
        ExportFormat.XLSX: (XLSX_TYPE, "xlsx"),
        ExportFormat.WORKBOOK: (XLSX_TYPE, "xlsx"),
    }
)
"""Format → its media type and the ending of its name."""


def file_of(format_: ExportFormat, cases: Sequence[OutgoingCase]) -> bytes:
    return _WRITERS[format_](cases)


def _csv(cases: Sequence[OutgoingCase]) -> bytes:
    """With a byte order mark, or spreadsheet programs take it for another encoding."""
    out = StringIO(newline="")
    csv.writer(out).writerows([COLUMNS, *map(own_row, cases)])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(cases: Sequence[OutgoingCase]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    _fill(sheet, 1, COLUMNS)
    for line, case in enumerate(cases, 2):
        _fill(sheet, line, own_row(case))
    return _bytes(book)


def _workbook(cases: Sequence[OutgoingCase]) -> bytes:
    """The standard's workbook with a case on each line, under the labels that its reader sees, and in two columns more the name
    of the case and the organisation's own number.
    """
    with files("services.interchange").joinpath(TEMPLATE).open("rb") as template:
        book = load_workbook(template)
    sheet: Any = book.worksheets[0]
    more = ((EXTERNAL_ID, REFERENCE_LABEL), (OWN_NUMBER, own_number.LABEL))
    for place, (name, label) in enumerate(more, sheet.max_column + 1):
        sheet.cell(NAMES, place, name)
        sheet.cell(CAPTIONS, place, label)
    captions = [str(cell.value or "") for cell in sheet[CAPTIONS]]
    for line, case in enumerate(cases, FIRST_LINE):
        sheet.cell(line, 1, line - CAPTIONS)
        _fill(sheet, line, row_by_labels(case, captions))
    return _bytes(book)


def _fill(sheet: Any, line: int, texts: Sequence[str]) -> None:
    for place, value in enumerate(texts, 1):
        if value:
            sheet.cell(line, place, _text(value))


def _text(value: str) -> str:
    """The text of a cell: one that looks like an escape of the format is escaped itself."""
    return _ESCAPE.sub(r"_x005F_x\1_", value)


class MemoryWriter(ExcelWriter):
    """The library's own writer puts each sheet into a file on disk, in clear, before it puts it into the book. This one never
    does. No sheet of ours has drawings.
    """

    def __init__(self, book: Workbook, archive: ZipFile) -> None:
        super().__init__(book, archive)
        self._zip = archive

    def write_worksheet(self, ws: Any) -> None:
        writer: Any = WorksheetWriter(ws, BytesIO())
        writer.write()
        ws._rels = writer._rels  # noqa: SLF001  # as the library does: what the sheet refers to
        self._zip.writestr(ws.path[1:], writer.read())
        self.manifest.append(ws)


def _bytes(book: Workbook) -> bytes:
    out = BytesIO()
    MemoryWriter(book, ZipFile(out, "w", ZIP_DEFLATED)).save()
    return out.getvalue()


_WRITERS: Mapping[ExportFormat, Callable[[Sequence[OutgoingCase]], bytes]] = MappingProxyType(
    {ExportFormat.CSV: _csv, ExportFormat.XLSX: _xlsx, ExportFormat.WORKBOOK: _workbook}
)
