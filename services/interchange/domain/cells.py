"""Cells of a file as they come: text, nothing, or a mark that a spreadsheet program left in the place of a value."""

import re
from dataclasses import dataclass
from enum import StrEnum

_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA|#*)"
)
_FORMULA_BEGINS = frozenset("=+-@\t\r")
_ROUNDED = re.compile(r"[+\-]?\d(?:[.,]\d+)?E[+\-]\d{2,}")


class BadFile(ValueError):
    """The file as a whole is refused. `code` says why, `column` where (from 1) if it is a column."""

    def __init__(self, code: str, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.code, self.column = code, column


class NoValue(StrEnum):
    """A mark in the place of a value; each is the reason for which a row is refused."""

    FORMULA = "formula"
    ERROR = "error-value"
    MERGED = "merged-cells"
    ROUNDED = "rounded-number"
    HIDDEN = "hidden-column"


Cell = str | NoValue | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, numbered as its editor shows it. `hidden` by a filter or by hand."""

    number: int
    cells: tuple[Cell, ...]
    hidden: bool = False

    @property
    def blank(self) -> bool:
        return all(is_blank(cell) for cell in self.cells)


def is_blank(cell: Cell) -> bool:
    return cell is None or (not isinstance(cell, NoValue) and not cell.strip())


def shown(cell: Cell) -> str:
    """The text of a heading."""
    return cell.strip() if isinstance(cell, str) and not isinstance(cell, NoValue) else ""


GUARD = "'"


def guarded(text: str) -> str:
    """The text as it stands in a file that a spreadsheet program will open: what the program would take for a formula, or
    spoil, has an apostrophe before it. `meant` undoes exactly this.
    """
    return GUARD + text if _is_risky(text.lstrip(GUARD)) else text


def meant(text: str) -> str:
    """The text that `guarded` wrote so; any other text as it is."""
    return text.removeprefix(GUARD) if _is_risky(text.lstrip(GUARD)) else text


def _is_risky(text: str) -> bool:
    return text[:1] in _FORMULA_BEGINS or spoilt(text) is not None


def spoilt(text: str) -> NoValue | None:
    """The mark that a spreadsheet program made of a value: its formulas, error values, `####`, and rounded numbers."""
    if text.startswith("="):
        return NoValue.FORMULA
    if _ERROR.fullmatch(text):
        return NoValue.ERROR
    return NoValue.ROUNDED if _ROUNDED.fullmatch(text) else None
