"""`corridor check-export FILE`: an export of an audit log, checked without the service that wrote it."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from corridor.exported_lines import ExportEnding, entry_of, told_by
from deploy.local.trouble import Trouble
from services.audit.domain.chain import LinkedLeaf
from services.audit.domain.exported import COLUMNS, Form, row

NOT_READ = (ValueError, LookupError, TypeError, AttributeError, RecursionError, csv.Error)
"""The errors of reading what is no line of an export."""


class BrokenExportError(Trouble):
    """The file is not the export that its last line tells of."""


@dataclass(slots=True)
class ExportCheck:
    """The check of one export, line by line: what its last line tells, and what was found so far."""

    told: ExportEnding
    entries: int = 0
    lines: int = 0
    before: LinkedLeaf | None = None
    _digest: Any = field(default_factory=hashlib.sha256)

    def take(self, line: bytes) -> None:
        self._digest.update(line)
        self.lines += 1
        if self.told.form is Form.CSV and self.lines == 1:
            if line != row(COLUMNS):
                raise BrokenExportError("line 1 has not the columns of an export")
            return
        self.entries += 1
        try:
            linked = entry_of(line, self.told.form)
        except NOT_READ:
            linked = None
        if linked is None or not linked.is_whole():
            raise BrokenExportError(f"line {self.lines} is no entry as it was logged")
        if (fault := self._misplaced(linked)) is not None:
            raise BrokenExportError(f"line {self.lines} {fault}")
        self.before = linked

    def _misplaced(self, linked: LinkedLeaf) -> str | None:
        """Why this entry does not belong here."""
        leaf, before = linked.leaf, self.before
        if leaf.entry > self.told.position:
            return "is an entry from behind the position of the export"
        if linked.record is None or not self.told.sought.matches(leaf, linked.record.details):
            return "is an entry that was not asked for"
        if before is None:
            return None
        if (before.leaf.time, before.leaf.entry) >= (leaf.time, leaf.entry):
            return "is an entry that stands in the wrong order"
        follows = leaf.entry != before.leaf.entry + 1 or linked.previous == before.hash
        return None if follows else "is not the entry that followed the one before it"

    def end(self) -> None:
        if self.told.form is Form.CSV and self.lines == 0:
            raise BrokenExportError("the columns are missing")
        if self.entries != self.told.entries:
            raise BrokenExportError(f"{self.entries} entries, and {self.told.entries} were exported")
        if self._digest.hexdigest() != self.told.sha256:
            raise BrokenExportError("the SHA-256 is another: the file was changed after it was exported")


def check_export(file: Path, console: Console) -> None:
    """Raises BrokenExportError where a line, the count or a hash does not fit, or the last line is not there."""
    check = ExportCheck(_told(_last_line(file)))
    for line in _lines_before_the_last(file):
        check.take(line)
    check.end()
    told = check.told
    asked = "".join(f", {name} {value}" for name, value in told.asked.items())
    console.print(
        f"{check.entries} entries up to {told.position}{asked}: whole; SHA-256 {told.sha256}",
        markup=False,
        soft_wrap=True,
    )


def _told(line: bytes) -> ExportEnding:
    try:
        return told_by(line)
    except NOT_READ as error:
        raise BrokenExportError(
            "the last line is missing or was changed: the export was cut off, or is none"
        ) from error


def _last_line(file: Path) -> bytes:
    line = b""
    with file.open("rb") as lines:
        for line in lines:  # noqa: B007  # the last one is wanted
            pass
    return line


def _lines_before_the_last(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        before = next(lines, None)
        for line in lines:
            if before is not None:
                yield before
            before = line
