"""The rows of a file with HTCDS columns: each is either a case's fields or errors with line, column and reason."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import chain

from contracts.casefile.buddhist_era import WHICH_ERA, AmbiguousYear, common_era
from contracts.casefile.fields import FIELDS, STATUS, STATUS_BY, Field, InvalidField, checked, to_text
from contracts.casefile.file_limits import MOST_ROWS
from contracts.casefile.own_number import compared, is_reference, own_number
from contracts.casefile.partial_date import InvalidDate, PartialDate
from contracts.casefile.text import MAX_TEXT, InvalidText
from contracts.codes import UnknownCode, codes
from services.interchange.domain.cells import BadFile, Cell, Line, NoValue, is_blank, meant, spoilt
from services.interchange.domain.headings import EXTERNAL_ID, OWN_NUMBER, Column, is_labels, read_heading

MAX_LINES = 100_000
"""Blank lines are passed over, but a workbook may claim a million of them."""
MAX_CELL = MAX_TEXT * 4
MAX_EXTERNAL_ID = 200

_CHECKBOX: Mapping[str, str] = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
_SEPARATORS = re.compile(r"[;,\s]+")


@dataclass(frozen=True, slots=True)
class RowError:
    """The place and the reason of an error, never the value. `column` is a field of the standard; `*` is the row as a
    whole.
    """

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One case: field → text as it is sealed. `occurrence` tells rows apart that are alike and were said to be several.

    `numbered` is the own number of a column of its own. Without it the identifier is the number, unless it is a reference: then this is a
    file of ours that is brought back.
    """

    line: int
    fields: Mapping[str, str]
    external_id: str | None = None
    occurrence: int = 0
    numbered: str | None = None

    @property
    def own_number(self) -> str | None:
        if self.numbered is None and self.external_id is not None and not is_reference(self.external_id):
            return self.external_id
        return self.numbered

    def identity(self) -> str:
        """The text by which the row is recognised in a later file: the identifier that its owner gave it, else
        everything in it.
        """
        if self.external_id is not None:
            return f"id:{self.external_id}"
        return f"row:{self.content()}" + (f"#{self.occurrence}" if self.occurrence else "")

    def content(self) -> str:
        """Everything in the row. Two rows with one identifier are one case only if this is the same too."""
        number = {} if self.numbered is None else {OWN_NUMBER: self.numbered}
        return json.dumps({**self.fields, **number}, sort_keys=True, ensure_ascii=False)


@dataclass(slots=True)
class Sheet:
    """A file that was read whole: good rows and errors, in the order of its lines."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.rows) + len({error.line for error in self.errors})


@dataclass(frozen=True, slots=True)
class Place:
    """The day at the place where the file is read, and whether years are counted by the Buddhist era there too."""

    today: date
    buddhist_era: bool = False


def read_sheet(lines: Iterable[Line], place: Place, *, several: bool = False) -> Sheet:
    """Read a sheet. The first line that is not blank names the columns; a second one of labels is passed over. Raises
    BadFile.

    `several` says that rows which are alike in everything are several persons; else the later ones are refused.
    """
    content = _bounded(lines)
    heading = next(content, None)
    if heading is None:
        raise BadFile("empty", "the file has no line")
    second = next(content, None)
    labels = second.cells if second is not None and is_labels(second.cells, heading.cells) else ()
    columns = read_heading(heading.cells, labels, hidden=heading.hidden)
    rest = content if labels or second is None else chain([second], content)
    return _told_apart(_read_rows(columns, rest, place), several=several)


def _bounded(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        if line.number > MAX_LINES:
            raise BadFile("too-many-rows", f"at most {MOST_ROWS} rows are taken at once")
        if not line.blank:
            yield line


def _read_rows(columns: Sequence[Column], lines: Iterable[Line], place: Place) -> Sheet:
    sheet, numbering = Sheet(), _Numbering()
    for line in lines:
        numbered = numbering.take(columns, line)
        if numbered.blank:
            continue
        if sheet.total >= MOST_ROWS:
            raise BadFile("too-many-rows", f"at most {MOST_ROWS} rows are taken at once")
        row, errors = _read_row(columns, numbered, place)
        if row is not None:
            sheet.rows.append(row)
        sheet.errors.extend(errors)
    return sheet


class _Numbering:
    """A column without a heading that counts the lines, as the standard's workbooks have, is no part of the rows."""

    def __init__(self) -> None:
        self._before: dict[int, int] = {}

    def take(self, columns: Sequence[Column], line: Line) -> Line:
        cells = list(line.cells)
        for place, column in enumerate(columns[: len(cells)]):
            text = cells[place]
            if column.named or not isinstance(text, str) or not text.strip().isdecimal():
                continue
            number = int(text)
            if number == self._before.get(place, number - 1) + 1:
                cells[place] = None
            self._before[place] = number
        return replace(line, cells=tuple(cells))


def _read_row(columns: Sequence[Column], line: Line, place: Place) -> tuple[Row | None, list[RowError]]:
    found: dict[str, str] = {}
    errors = [RowError(line.number, "*", reason) for reason in _whole_line(columns, line)]
    for column, cell in zip(columns, line.cells, strict=False):
        if column.field is None or is_blank(cell):
            continue
        value, reason = (None, "two-headings") if column.doubted else _read_cell(column.field, cell, place)
        if reason is not None:
            errors.append(RowError(line.number, column.field, reason))
        elif value is not None:
            found[column.field] = value
    external_id, number = found.pop(EXTERNAL_ID, None), found.pop(OWN_NUMBER, None)
    if not errors:
        errors = _whole(line.number, found)
    return (None, errors) if errors else (Row(line.number, found, external_id, numbered=number), [])


def _whole_line(columns: Sequence[Column], line: Line) -> Iterator[str]:
    """Reasons that concern no field: nothing of a line is left out in silence."""
    if line.hidden:
        yield "hidden-row"
    if not all(is_blank(cell) for cell in line.cells[len(columns) :]):
        yield "more-cells-than-columns"
    unnamed = (cell for column, cell in zip(columns, line.cells, strict=False) if not column.named)
    if not all(is_blank(cell) for cell in unnamed):
        yield "no-heading"


def _whole(line: int, found: Mapping[str, str]) -> list[RowError]:
    """The errors of a row as a whole. A status is somebody's decision: without the organisation that took it, it is
    not taken over.
    """
    if not found:
        return [RowError(line, "*", "empty")]
    if STATUS in found and STATUS_BY not in found:
        return [RowError(line, STATUS_BY, "missing")]
    if STATUS_BY in found and STATUS not in found:
        return [RowError(line, STATUS, "missing")]
    return []


def _told_apart(sheet: Sheet, *, several: bool) -> Sheet:
    """Rows are not taken for one person by a number or by their content alone.

    Of rows with one identifier all are refused where their contents differ. Rows without one that are alike in
    everything are several persons only if that was said. A row that was written twice, identifier and all, is one case.
    """
    contents: dict[str, set[str]] = {}
    for row in sheet.rows:
        if row.external_id is not None:
            contents.setdefault(row.external_id, set()).add(row.content())
    seen: dict[str, int] = {}
    kept: list[Row] = []
    for row in sheet.rows:
        if row.external_id is not None:
            if len(contents[row.external_id]) > 1:
                sheet.errors.append(RowError(row.line, EXTERNAL_ID, "same-id-other-content"))
            else:
                kept.append(row)
            continue
        occurrence = seen.get(row.content(), 0)
        seen[row.content()] = occurrence + 1
        if occurrence and not several:
            sheet.errors.append(RowError(row.line, "*", "same-as-another-row"))
        else:
            kept.append(replace(row, occurrence=occurrence))
    sheet.rows = _of_one_number(sheet, kept)
    sheet.errors.sort(key=lambda error: error.line)
    return sheet


def _of_one_number(sheet: Sheet, rows: Sequence[Row]) -> list[Row]:
    """The rows without those that share an own number and are not one case: all of these are refused."""
    identities: dict[str, set[str]] = {}
    for row in rows:
        if row.own_number is not None:
            identities.setdefault(compared(row.own_number), set()).add(row.identity())
    shared = {number for number, found in identities.items() if len(found) > 1}
    kept = [row for row in rows if row.own_number is None or compared(row.own_number) not in shared]
    sheet.errors += [
        RowError(row.line, OWN_NUMBER if row.numbered else EXTERNAL_ID, "same-number")
        for row in rows
        if row.own_number is not None and compared(row.own_number) in shared
    ]
    return kept


def _read_cell(column: str, cell: Cell, place: Place) -> tuple[str | None, str | None]:
    """The value as it is sealed, or the reason why not."""
    if cell is None or isinstance(cell, NoValue):
        return None, cell
    text = cell.strip()
    if (no_value := spoilt(text)) is not None:
        return None, no_value
    if len(text) > (MAX_EXTERNAL_ID if column in {EXTERNAL_ID, OWN_NUMBER} else MAX_CELL):
        return None, "too-long"
    if column in {EXTERNAL_ID, OWN_NUMBER}:
        return _read_number(column, text)
    return _read_field(FIELDS[column], meant(text), place)


def _read_number(column: str, text: str) -> tuple[str | None, str | None]:
    """An identifier as it stands; an own number as it is kept."""
    try:
        number = own_number(meant(text) if column == OWN_NUMBER else text)
    except InvalidText:
        refused = column == OWN_NUMBER or not is_reference(text)
        return (None, "invalid-text") if refused else (text, None)
    return (number if column == OWN_NUMBER else text), None


def _read_field(kept: Field, text: str, place: Place) -> tuple[str | None, str | None]:
    try:
        if kept.kind == "date" and place.buddhist_era:
            text = common_era(text)
        value = to_text(checked(kept.name, _parts(kept, text)))
    except UnknownCode:
        return None, "unknown-code"
    except AmbiguousYear:
        return None, WHICH_ERA
    except InvalidDate:
        return None, "invalid-date"
    except InvalidField:
        return None, "too-long" if len(text) > MAX_TEXT else f"invalid-{kept.kind}"
    future = kept.kind == "date" and PartialDate.parse(value).is_future(place.today)
    return (None, "date-in-the-future") if future else (value, None)


def _parts(kept: Field, text: str) -> str | tuple[str, ...]:
    """Codes, or the labels that the standard's drop-downs offer in their place, spelt exactly as there."""
    if kept.codelist is None:
        return text
    if not kept.multiple:
        text = _CHECKBOX.get(text.lower(), text) if kept.codelist == "answer" else text
        return _code(kept.codelist, text)
    if (whole := _code(kept.codelist, text)) != text:
        return (whole,)  # a label may have a comma of its own
    parts = tuple(_codes_between(kept.codelist, text.split(";")))
    if all(part in codes(kept.codelist) for part in parts):
        return parts
    return tuple(part for part in _SEPARATORS.split(text) if part)


def _codes_between(codelist: str, parts: Sequence[str]) -> Iterator[str]:
    """The codes between semicolons; a label may have semicolons of its own, so the longest that is one is taken."""
    at = 0
    while at < len(parts):
        joined = [";".join(parts[at:end]).strip() for end in range(len(parts), at, -1)]
        found = next((one for one in joined if _code(codelist, one) != one), joined[-1])
        at += found.count(";") + 1
        if found:
            yield _code(codelist, found)


def _code(codelist: str, text: str) -> str:
    """The code of a label; any other text as it is."""
    return _labels(codelist).get(" ".join(text.split()), text)


@cache
def _labels(codelist: str) -> Mapping[str, str]:
    return {" ".join(label.split()): code for code, label in codes(codelist).items()}
