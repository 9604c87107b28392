"""Makes the bytes of a file that goes out. It stays in memory; nothing of it is written to disk."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from io import BytesIO, StringIO
from types import MappingProxyType
from typing import Any

from openpyxl import Workbook, load_workbook

from services.interchange.domain.export import (
    COLUMNS,
    FIRST_LINE,
    ExportFormat,
    OutgoingCase,
    own_row,
    row_by_labels,
)

SHEET = "cases"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
TEMPLATE = "templates/htcds-2.0.xlsx"
"""The standard's own workbook as IOM published it (CC BY 4.0)."""
CAPTIONS = FIRST_LINE - 1
"""The line of the workbook with the labels."""

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
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(list(COLUMNS))
    for case in cases:
        sheet.append([_text(value) for value in own_row(case)])
    return _bytes(book)


def _workbook(cases: Sequence[OutgoingCase]) -> bytes:
    """The standard's workbook with a case on each line, under the labels that its reader sees."""
    with files("services.interchange").joinpath(TEMPLATE).open("rb") as template:
        book = load_workbook(template)
    sheet: Any = book.worksheets[0]
    captions = [str(cell.value or "") for cell in sheet[CAPTIONS]]
    for line, case in enumerate(cases, FIRST_LINE):
        sheet.cell(line, 1, line - CAPTIONS)
        for place, value in enumerate(row_by_labels(case, captions), 1):
            if value:
                sheet.cell(line, place, _text(value))
    return _bytes(book)


def _text(value: str) -> str | None:
    """The text of a cell: one that looks like an escape of the format is escaped itself."""
    return _ESCAPE.sub(r"_x005F_x\1_", value) if value else None


def _bytes(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


_WRITERS: Mapping[ExportFormat, Callable[[Sequence[OutgoingCase]], bytes]] = MappingProxyType(
    {ExportFormat.CSV: _csv, ExportFormat.XLSX: _xlsx, ExportFormat.WORKBOOK: _workbook}
)
