"""Reads a CSV or XLSX that is wholly in memory as lines of cells. Nothing of it is written to disk."""

import csv
from collections.abc import Iterator
from io import StringIO

from services.interchange.domain.cells import BadFile, Line
from services.interchange.domain.htcds import Place, Sheet, read_sheet
from services.interchange.workbook import workbook_lines

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
DELIMITERS = ",;\t"
SAYS_DELIMITER = "sep="
"""The first line of a CSV in which a spreadsheet program says which delimiter follows."""


def read_file(content: bytes, place: Place, *, several: bool = False) -> Sheet:
    """Every row of the file, good or with its errors. Raises BadFile for a file that has no rows."""
    if content[:4] == OLD_EXCEL:
        raise BadFile("old-workbook", "save the workbook as .xlsx or .csv")
    try:
        lines = workbook_lines(content) if content[:4] == ZIP else _csv_lines(content)
        return read_sheet(lines, place, several=several)
    except (BadFile, MemoryError):
        raise
    except Exception:  # noqa: BLE001  # whatever a reader raises may quote a cell
        raise BadFile("unreadable", "the file cannot be read to its end") from None


def _csv_lines(content: bytes) -> Iterator[Line]:
    text = _decoded(content)
    first = next((line for line in text[:10_000].splitlines() if line.strip()), "")
    said = first.removeprefix(SAYS_DELIMITER) if first.startswith(SAYS_DELIMITER) else ""
    delimiter = said if len(said) == 1 else max(DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for cells in reader:
        if delimiter.join(cells).strip() != f"{SAYS_DELIMITER}{said}" or not said:
            yield Line(begins, tuple(cells))
        begins = reader.line_num + 1


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise BadFile("not-unicode", "save the file as CSV UTF-8 or as .xlsx") from None
    if "\x00" in text:
        raise BadFile("not-a-table", "this is neither CSV nor XLSX")
    return text
