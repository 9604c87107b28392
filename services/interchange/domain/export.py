"""A file that goes out: its columns, how a value stands in a cell, and what of the cases is not in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from contracts.casefile.fields import FIELDS, from_text
from contracts.casefile.urgent import URGENT_FIELDS
from contracts.codes import codes, in_the_standard
from services.interchange.domain.cells import guarded
from services.interchange.domain.headings import EXTERNAL_ID, OWN_NUMBER, label_field
from services.interchange.domain.htcds import Row

MOST_CASES = 5_000
LIVES = timedelta(minutes=30)
"""How long a file can be fetched by the person who asked for it."""
IN_TIME = timedelta(hours=1)
"""Rights are those of the moment of asking: what is not gathered by then is asked for again."""


class ExportFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    WORKBOOK = "workbook"
    """The standard's own workbook, filled by its labels."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file as it was asked for: of the cases that were opened in these days of the cell, both included; None: in any."""

    format: ExportFormat
    opened_from: date | None = None
    opened_to: date | None = None


class ExportState(StrEnum):
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


class Failure(StrEnum):
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many-cases"
    TOOK_TOO_LONG = "took-too-long"
    UNREADABLE = "unreadable"


class PartKind(StrEnum):
    ROWS = "rows"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class OutgoingCase:
    """A case on its way into a file: the name by which it is recognised there, its fields as canonical texts, and its number."""

    case_id: str
    name: str
    fields: Mapping[str, str]
    own_number: str | None = None


COLUMNS = (EXTERNAL_ID, OWN_NUMBER, *(name for name in FIELDS if name not in URGENT_FIELDS))
"""Of our own files: every field of the standard and our own that a file may bring back."""


def own_row(case: OutgoingCase) -> list[str]:
    """The cells of a case under COLUMNS: codes as codes."""
    return _row(case, COLUMNS, labels=False)


def row_by_labels(case: OutgoingCase, captions: Sequence[str]) -> list[str]:
    """The cells of a case under the standard's labels: codes as its drop-downs spell them, ours as what the standard has for
    them. Other columns stay empty.
    """
    return _row(case, [label_field(caption) or "" for caption in captions], labels=True)


def _row(case: OutgoingCase, columns: Sequence[str], *, labels: bool) -> list[str]:
    numbers = {EXTERNAL_ID: case.name, OWN_NUMBER: guarded(case.own_number or "")}
    return [
        numbers[name] if name in numbers else _cell(name, case.fields.get(name), labels=labels)
        for name in columns
    ]


def _cell(name: str, text: str | None, *, labels: bool) -> str:
    if text is None:
        return ""
    field, value = FIELDS[name], from_text(name, text)
    values = (value,) if isinstance(value, str) else value
    if labels and field.codelist is not None:
        known = codes(field.codelist)
        values = tuple(dict.fromkeys(known[in_the_standard(field.codelist, one)] for one in values))
    joined = ";".join(values)
    return joined if field.kind == "number" else guarded(joined)


def found_again(cases: Sequence[OutgoingCase], rows: Sequence[Row]) -> list[tuple[OutgoingCase, Row | None]]:
    """Each case with its row, as an import would read the file, by its name: two persons of whom the same is known stay two.
    None for a row that an import would refuse.
    """
    by_name = {row.external_id: row for row in rows}
    return [(case, by_name.get(case.name)) for case in cases]


def lost(found: Sequence[tuple[OutgoingCase, Row | None]]) -> dict[str, int]:
    """Field → of how many cases it is not in the file, or not as it is known."""
    missing: Counter[str] = Counter()
    for case, row in found:
        kept = {} if row is None else row.fields
        missing.update(name for name, text in case.fields.items() if kept.get(name) != text)
    return dict(sorted(missing.items()))
