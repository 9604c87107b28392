"""The form of an export of the log: the same entries give the same bytes, so the same filter gives the same hash again.

The last line tells the filter, the position of the log, how many entries there are, the SHA-256 of every byte before it, and
that of itself.
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from typing import Any
from uuid import UUID

import rfc8785

from services.audit.domain.chain import LinkedLeaf
from services.audit.domain.sought import Sought

COLUMNS = (
    "entry", "time", "event_id", "source", "type", "stream", "actor", "organisation", "purpose", "policy", "details",
    "salt", "commitment", "previous", "hash",
)  # fmt: skip
LAST = "export"
"""Names the last line, which is no entry."""
LINE_SHA256 = "line_sha256"
_ASKED = {"since": "from", "until": "to"}
"""The names by which a filter is asked for, where they are other than here."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Form(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(slots=True)
class Export:
    """An export of the entries that were sought, up to a position of the log."""

    sought: Sought
    position: int
    form: Form
    entries: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def first(self) -> bytes:
        """The columns, where the form has them."""
        return self._counted(row(COLUMNS) if self.form is Form.CSV else b"")

    def part(self, linked: list[LinkedLeaf]) -> bytes:
        self.entries += len(linked)
        return self._counted(b"".join(line_of(one, self.form) for one in linked))

    def last(self) -> bytes:
        told = {
            "filter": {_ASKED.get(n, n): _text(value) for n, value in self.sought.given().items()},
            "position": self.position,
            "form": str(self.form),
            "entries": self.entries,
            "sha256": self._digest.hexdigest(),
        }
        return last_line(told | {LINE_SHA256: line_sha256(told)}, self.form)

    def _counted(self, part: bytes) -> bytes:
        self._digest.update(part)
        return part


def line_of(one: LinkedLeaf, form: Form) -> bytes:
    """The line of an entry."""
    told = _told(one)
    if form is Form.JSONL:
        return rfc8785.dumps(told) + b"\n"
    told["details"] = rfc8785.dumps(told["details"]).decode()
    return row(tuple(_guarded(str(told[name])) for name in COLUMNS))


def last_line(told: Mapping[str, Any], form: Form) -> bytes:
    line = rfc8785.dumps({LAST: dict(told)})
    if form is Form.JSONL:
        return line + b"\n"
    return row((LAST, line.decode(), *("",) * (len(COLUMNS) - 2)))


def line_sha256(told: Mapping[str, Any]) -> str:
    """The SHA-256 of what the last line tells besides it."""
    rest = {name: value for name, value in told.items() if name != LINE_SHA256}
    return hashlib.sha256(rfc8785.dumps(rest)).hexdigest()


def _told(one: LinkedLeaf) -> dict[str, Any]:
    """Everything of an entry by which its hash is computed anew."""
    told = {name: _text(getattr(one.leaf, name)) for name in one.leaf.__slots__}
    record = (
        {} if one.record is None else {"details": dict(one.record.details), "salt": one.record.salt.hex()}
    )
    return {**told, **record, "previous": one.previous, "hash": one.hash}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def _guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def without_guard(cell: str) -> str:
    """The text of a cell. None of the log begins with an apostrophe of its own."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def row(cells: tuple[str, ...]) -> bytes:
    """A line of CSV."""
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue().encode()
