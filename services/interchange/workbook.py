"""The lines of an XLSX workbook: limits first, then the one sheet that holds rows, with its hidden and merged cells."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.parsers import expat

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from services.interchange.domain.cells import BadFile, Cell, Line, NoValue, is_blank
from services.interchange.domain.headings import MAX_COLUMNS
from services.interchange.domain.htcds import MAX_LINES

MAX_UNPACKED = 60_000_000
MAX_MEMBERS = 200
MAX_DEPTH = 40
"""No part of a workbook nests deeper; one that does would become objects without end."""
MAX_RANGES = 2_000
DIGITS = 10.0**15
"""A spreadsheet program keeps fifteen digits of a number; beyond, some are lost."""

DOCTYPE = b"<!doctype"
LOOK_UPS = frozenset({"about", "validation"})
"""Sheets of the standard's own workbooks that hold no rows."""
_BLOCK = 1 << 16


@dataclass(slots=True)
class Layout:
    """The layout of a sheet: hidden rows and columns, and merged ranges as (column, row, column, row)."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def workbook_lines(content: bytes) -> Iterator[Line]:
    """The lines. Raises BadFile for a file that is no workbook, unpacks to too much, or has several sheets with rows."""
    layouts = _inspected(content)
    try:
        # read_only parses each sheet as a stream; formulas are kept as such, so that they can be refused
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, zipfile.BadZipFile):
        raise BadFile("not-a-workbook", "this is no .xlsx workbook") from None
    sheet = _only_sheet(book)
    return iter(()) if sheet is None else _lines(sheet, layouts.get(_path(sheet), Layout()))


def sheets(content: bytes, *names: str) -> dict[str, list[list[str | None]]]:
    """Whole sheets of these names as texts, for a workbook that is no file of answers. Raises BadFile where one is missing."""
    _inspected(content)
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, zipfile.BadZipFile):
        raise BadFile("not-a-workbook", "this is no .xlsx workbook") from None
    found = {sheet.title.casefold(): sheet for sheet in book.worksheets}
    if missing := [name for name in names if name not in found]:
        raise BadFile("no-such-sheet", f"the workbook has no sheet {missing[0]}")
    return {name: _texts(found[name]) for name in names}


def _texts(sheet: Any) -> list[list[str | None]]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=MAX_COLUMNS, max_row=MAX_LINES, values_only=True)
    return [[None if value is None else str(value) for value in row] for row in rows]


def _only_sheet(book: Workbook) -> Any:
    """The one sheet with rows. Rows of a second sheet would be left out in silence, so there may be none."""
    if {"survey", "choices"} <= {sheet.title.casefold() for sheet in book.worksheets}:
        raise BadFile("survey-form", "this is the survey form itself (XLSForm), not a file of answers")
    filled = [
        sheet for sheet in book.worksheets if sheet.title.casefold() not in LOOK_UPS and _has_cells(sheet)
    ]
    if len(filled) > 1:
        raise BadFile("several-sheets", "several sheets hold rows; save each as a file of its own")
    return filled[0] if filled else None


def _has_cells(sheet: Any) -> bool:
    sheet.reset_dimensions()  # the file's own word on its size is not believed
    return any(
        value is not None and str(value).strip() for row in sheet.iter_rows(values_only=True) for value in row
    )


def _lines(sheet: Any, layout: Layout) -> Iterator[Line]:
    merged, heading = _MergedCells(layout.merged), True
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
        cells = merged.marked(number, [_cell(cell.value, cell.data_type) for cell in row])
        if not heading:
            _mark_hidden(cells, layout.columns)
        line = Line(number, tuple(cells), hidden=number in layout.rows)
        heading = heading and line.blank
        yield line


def _mark_hidden(cells: list[Cell], columns: Sequence[tuple[int, int]]) -> None:
    for first, last in columns:
        for place in range(first - 1, min(last, len(cells))):
            cells[place] = None if is_blank(cells[place]) else NoValue.HIDDEN


class _MergedCells:
    """A value that spans several cells belongs to none of them for certain: all of them are refused."""

    def __init__(self, ranges: Sequence[tuple[int, int, int, int]]) -> None:
        self._ranges = sorted(ranges, key=lambda bounds: bounds[1])

    def marked(self, number: int, cells: list[Cell]) -> list[Cell]:
        for bounds in [one for one in self._ranges if one[1] == number]:
            if bounds[0] > len(cells) or is_blank(cells[bounds[0] - 1]):
                self._ranges.remove(bounds)
        for first, top, last, bottom in self._ranges:
            if top <= number <= bottom:
                for place in range(first - 1, min(last, len(cells))):
                    cells[place] = NoValue.MERGED
        return cells


def _cell(value: object, data_type: str) -> Cell:
    if value is None:
        return None
    if data_type in {"f", "e"}:
        return NoValue.FORMULA if data_type == "f" else NoValue.ERROR
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.date().isoformat()
        case int() | float():
            return _number(value)
    return str(unescape(value)) if isinstance(value, str) else str(value)


def _number(value: float) -> Cell:
    if abs(value) >= DIGITS:
        return NoValue.ROUNDED
    return str(int(value)) if float(value).is_integer() else str(value)


def _path(sheet: Any) -> str:
    return str(sheet._worksheet_path).lstrip("/")  # noqa: SLF001  # where a stream of the sheet comes from


def _inspected(content: bytes) -> dict[str, Layout]:
    """Unpacks every part, counted, and parses it without building anything: a member's declared size is not believed.

    Answers the layout of each sheet by its part's name.
    """
    unpacked, layouts = 0, {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise BadFile("unpacks-too-large", "the workbook unpacks to more than is taken")
            for member in members:
                part = _Part()
                unpacked = _unpacked(archive, member, part, unpacked)
                layouts[member.filename] = part.layout
    except (
        zipfile.BadZipFile,
        RuntimeError,
        EOFError,
        OSError,
    ):  # RuntimeError: encrypted, or unknown method
        raise BadFile("not-a-workbook", "this is no .xlsx workbook") from None
    return layouts


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, part: "_Part", unpacked: int) -> int:
    is_xml = member.filename.endswith((".xml", ".rels", ".vml"))
    with archive.open(member) as stream:
        head = b""
        while block := stream.read(_BLOCK):
            unpacked += len(block)
            if unpacked > MAX_UNPACKED:
                raise BadFile("unpacks-too-large", "the workbook unpacks to more than is taken")
            if DOCTYPE in (head + block).lower():
                raise BadFile("not-a-workbook", "the workbook has a document type declaration")
            head = block[-len(DOCTYPE) :]
            if is_xml:
                part.feed(block)
    return unpacked


class _Part:
    """One part of a workbook while it is parsed: the depth of its nesting, and the layout that a sheet declares."""

    def __init__(self) -> None:
        self.layout = Layout()
        self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, block: bytes) -> None:
        """Parse a block. A part that is no XML is left to the reader, which refuses the file if it needs that part."""
        try:
            self._parser.Parse(block, False)
        except expat.ExpatError:
            self._parser.StartElementHandler = self._parser.EndElementHandler = None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadFile("too-deep", "the workbook is nested deeper than any spreadsheet program writes")
        hidden = attributes.get("hidden") in {"1", "true"}
        match tag.rpartition(":")[2]:
            case "row" if hidden and attributes.get("r", "").isdecimal():
                self.layout.rows.add(int(attributes["r"]))
            case "col" if hidden:
                self.layout.columns.append((int(attributes["min"]), int(attributes["max"])))
            case "mergeCell":
                first, top, last, bottom = range_boundaries(attributes["ref"])
                self.layout.merged.append((first or 1, top or 1, last or MAX_COLUMNS, bottom or MAX_LINES))
        if len(self.layout.merged) + len(self.layout.columns) > MAX_RANGES:
            raise BadFile("too-many-ranges", "the sheet has more merged or hidden ranges than are read")

    def _end(self, _: str) -> None:
        self._depth -= 1
