"""The rows of a file with HTCDS columns: each is either a case's fields or errors with line, column and reason."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from contracts.codes import UnknownCode
from contracts.fields import ALIASES, FIELDS, Field, InvalidField, checked, to_text
from contracts.partial_date import InvalidDate, PartialDate
from contracts.text import MAX_TEXT

MAX_FILE_BYTES = 5_000_000
MAX_ROWS = 10_000
MAX_LINES = 100_000
"""Blank lines are passed over, but a workbook may claim a million of them."""
MAX_COLUMNS = 200
MAX_CELL = MAX_TEXT * 4
MAX_EXTERNAL_ID = 200

EXTERNAL_ID = "cor_ExternalId"
STATUS, STATUS_BY = "vic_TraffickingStatus", "vic_TraffickingStatusDecisionMakingOrg"

NOT_KEPT = re.compile(r"^(?:_.*|start|end|(?:org|cas|con|cco|hte|spl|per)_.+|[a-z]{3}_[A-Za-z_]+/.+)$")
"""Columns of the standard, and of the tools that write it, that are no part of a case file here. A consent is one of
them: a checkbox in somebody else's file is no consent."""

_CHECKBOX: Mapping[str, str] = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
_SEPARATORS = re.compile(r"[;,\s]+")
_LIKE_A_NUMBER = re.compile(r"^[+\-][\d\s().\-/]+$")


class Formula:
    """Stands where a workbook has a formula."""


FORMULA: Final = Formula()
Cell = str | Formula | None


class BadFile(ValueError):
    """The file as a whole is refused. `code` says why, `column` where (from 1) if it is a column."""

    def __init__(self, code: str, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.code, self.column = code, column


@dataclass(frozen=True, slots=True)
class RowError:
    """Where and why, never what. `column` is a field of the standard; `*` is the row as a whole."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One case: field → text as it is sealed."""

    line: int
    fields: Mapping[str, str]
    external_id: str | None = None

    def content(self) -> str:
        """What makes two rows the same row: the identifier that its owner gave it, else everything in it."""
        if self.external_id is not None:
            return f"id:{self.external_id}"
        return "row:" + json.dumps(dict(self.fields), sort_keys=True, ensure_ascii=False)


@dataclass(slots=True)
class Sheet:
    """A file that was read whole: good rows and errors, in the order of its lines."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.rows) + len({error.line for error in self.errors})


def read_header(cells: Sequence[Cell]) -> tuple[str | None, ...]:
    """The field of each column, None for one that is not kept. Raises BadFile."""
    names = [cell.strip().lstrip("\ufeff") if isinstance(cell, str) else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    if {"type", "name", "label"} <= set(names) or {"list_name", "name", "label"} <= set(names):
        raise BadFile("survey-form", "this is the survey form itself (XLSForm), not a file of answers")
    if len(names) > MAX_COLUMNS:
        raise BadFile("too-many-columns", f"at most {MAX_COLUMNS} columns are read")
    columns = tuple(_column(name, position) for position, name in enumerate(names, 1))
    for position, column in enumerate(columns, 1):
        if column is not None and column in columns[: position - 1]:
            raise BadFile("repeated-column", "two columns are the same field", position)
    if not any(column in FIELDS for column in columns):
        raise BadFile("no-known-column", "the first line names no field of the standard")
    return columns


def _column(name: str, position: int) -> str | None:
    name = ALIASES.get(name, name)
    if name in FIELDS or name == EXTERNAL_ID:
        return name
    if name and NOT_KEPT.match(name):
        return None
    raise BadFile("unknown-column", "this column is no field of the standard", position)


def read_rows(
    columns: Sequence[str | None], lines: Iterable[tuple[int, Sequence[Cell]]], today: date
) -> Sheet:
    """Read every line; blank ones are passed over. Raises BadFile past MAX_ROWS."""
    sheet = Sheet()
    count = 0
    for line, cells in lines:
        if line > MAX_LINES:
            raise BadFile("too-many-rows", f"at most {MAX_ROWS} rows are taken at once")
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        count += 1
        if count > MAX_ROWS:
            raise BadFile("too-many-rows", f"at most {MAX_ROWS} rows are taken at once")
        row, errors = _read_row(columns, line, cells, today)
        if row is not None:
            sheet.rows.append(row)
        sheet.errors.extend(errors)
    return sheet


def _read_row(
    columns: Sequence[str | None], line: int, cells: Sequence[Cell], today: date
) -> tuple[Row | None, list[RowError]]:
    found: dict[str, str] = {}
    errors = [RowError(line, "*", "more-cells-than-columns")] if any(cells[len(columns) :]) else []
    for column, cell in zip(columns, cells, strict=False):
        if column is None or cell is None or (isinstance(cell, str) and not cell.strip()):
            continue
        value, reason = _read_cell(column, cell, today)
        if reason is not None:
            errors.append(RowError(line, column, reason))
        elif value is not None:
            found[column] = value
    external_id = found.pop(EXTERNAL_ID, None)
    if not errors:
        errors = _whole(line, found)
    return (None, errors) if errors else (Row(line, found, external_id), [])


def _whole(line: int, found: Mapping[str, str]) -> list[RowError]:
    """A status is somebody's decision: without the organisation that took it, it is not taken over."""
    if not found:
        return [RowError(line, "*", "empty")]
    if STATUS in found and STATUS_BY not in found:
        return [RowError(line, STATUS_BY, "missing")]
    if STATUS_BY in found and STATUS not in found:
        return [RowError(line, STATUS, "missing")]
    return []


def _read_cell(column: str, cell: Cell, today: date) -> tuple[str | None, str | None]:
    """The value as it is sealed, or the reason why not."""
    if not isinstance(cell, str) or _is_formula(cell):
        return None, "formula"
    text = cell.strip()
    if len(text) > (MAX_EXTERNAL_ID if column == EXTERNAL_ID else MAX_CELL):
        return None, "too-long"
    return (text, None) if column == EXTERNAL_ID else _read_field(FIELDS[column], text, today)


def _read_field(kept: Field, text: str, today: date) -> tuple[str | None, str | None]:
    try:
        value = to_text(checked(kept.name, _parts(kept, text)))
    except UnknownCode:
        return None, "unknown-code"
    except InvalidDate:
        return None, "invalid-date"
    except InvalidField:
        return None, "too-long" if len(text) > MAX_TEXT else f"invalid-{kept.kind}"
    future = kept.kind == "date" and PartialDate.parse(value).is_future(today)
    return (None, "date-in-the-future") if future else (value, None)


def _parts(kept: Field, text: str) -> str | tuple[str, ...]:
    if kept.multiple:
        return tuple(part for part in _SEPARATORS.split(text) if part)
    return _CHECKBOX.get(text.lower(), text) if kept.codelist == "answer" else text


def _is_formula(text: str) -> bool:
    """What a spreadsheet would run when somebody opens the file again. A telephone number may begin with a plus."""
    first = text.lstrip()[:1]
    return first in {"=", "@"} or (first in {"+", "-"} and _LIKE_A_NUMBER.match(text.strip()) is None)
