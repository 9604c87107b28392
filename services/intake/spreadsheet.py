"""Reads a CSV or XLSX that is wholly in memory: limits first, then cells as text. Nothing of it is written to disk."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from services.intake.domain.htcds import FORMULA, MAX_COLUMNS, BadFile, Cell, Sheet, read_header, read_rows

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
MAX_UNPACKED = 60_000_000
MAX_MEMBERS = 200
DOCTYPE = b"<!doctype"
DELIMITERS = ",;\t"
_BLOCK = 1 << 16

Lines = Iterator[tuple[int, Sequence[Cell]]]


def read_file(content: bytes, today: date) -> Sheet:
    """Every row of the file, good or with its errors. Raises BadFile for what is no file of rows."""
    if content[:4] == OLD_EXCEL:
        raise BadFile("old-workbook", "save the workbook as .xlsx or .csv")
    lines = _workbook_lines(content) if content[:4] == ZIP else _csv_lines(content)
    try:
        _, header = next(lines)
        return read_rows(read_header(header), lines, today)
    except StopIteration:
        raise BadFile("empty", "the file has no line") from None
    except BadFile:
        raise
    except Exception:  # noqa: BLE001  # whatever a reader raises may quote a cell
        raise BadFile("unreadable", "the file cannot be read to its end") from None


def _csv_lines(content: bytes) -> Lines:
    text = _decoded(content)
    first = text[:10_000].split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for cells in reader:
        yield begins, cells
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


def _workbook_lines(content: bytes) -> Lines:
    _refuse_bomb(content)
    try:
        # read_only parses each sheet as a stream; formulas are kept as such, so that they can be refused
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, zipfile.BadZipFile):
        raise BadFile("not-a-workbook", "this is no .xlsx workbook") from None
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # the file's own word on its size is not believed
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
        yield number, [_cell(cell.value, cell.data_type) for cell in row]


def _cell(value: object, data_type: str) -> Cell:
    if value is None or data_type == "f":
        return None if value is None else FORMULA
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _refuse_bomb(content: bytes) -> None:
    """Unpacks what is there, counted, and refuses documents with entities; a member's declared size is not believed."""
    unpacked = 0
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise BadFile("unpacks-too-large", "the workbook unpacks to more than is taken")
            for member in members:
                unpacked = _unpacked(archive, member, unpacked)
    except (
        zipfile.BadZipFile,
        RuntimeError,
        EOFError,
        OSError,
    ):  # RuntimeError: encrypted, or an unknown method
        raise BadFile("not-a-workbook", "this is no .xlsx workbook") from None


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, unpacked: int) -> int:
    with archive.open(member) as stream:
        head = b""
        while block := stream.read(_BLOCK):
            unpacked += len(block)
            if unpacked > MAX_UNPACKED:
                raise BadFile("unpacks-too-large", "the workbook unpacks to more than is taken")
            if DOCTYPE in (head + block).lower():
                raise BadFile("not-a-workbook", "the workbook has a document type declaration")
            head = block[-len(DOCTYPE) :]
    return unpacked
