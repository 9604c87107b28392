"""`corridor check-export FILE`: an export of an audit log, checked without the service that wrote it."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.local.trouble import Trouble
from services.audit.domain.chain import Leaf, LinkedLeaf, Record, link
from services.audit.domain.exported import LAST, Form


class BrokenExportError(Trouble):
    """The file is not the export that its last line tells of."""


def check_export(file: Path, console: Console) -> None:
    """Raises BrokenExportError where the hash, the count or an entry does not fit, or the last line is not there."""
    told = _told(_last_line(file))
    digest, entries = hashlib.sha256(), 0
    for line in _lines_before_the_last(file):
        digest.update(line)
        entries += 1
        if told["form"] == Form.JSONL and not _fits(json.loads(line)):
            raise BrokenExportError(f"line {entries} is no entry as it was logged")
    if told["form"] == Form.CSV:
        entries -= 1  # the columns
    if digest.hexdigest() != told["sha256"]:
        raise BrokenExportError("the SHA-256 is another: the file was changed after it was exported")
    if entries != told["entries"]:
        raise BrokenExportError(f"{entries} entries, and {told['entries']} were exported")
    console.print(
        f"{entries} entries up to {told['position']}, whole; SHA-256 {told['sha256']}", soft_wrap=True
    )


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


def _told(line: bytes) -> Mapping[str, Any]:
    try:
        text = line.decode()
        told = json.loads(next(csv.reader([text]))[1] if text.startswith(f"{LAST},") else text)
        found: Mapping[str, Any] = told[LAST]
    except (ValueError, LookupError, TypeError, StopIteration) as error:
        raise BrokenExportError("the last line is missing: the export was cut off") from error
    return found


def _fits(told: Mapping[str, Any]) -> bool:
    """True where the hash covers the leaf and the entry before, and the commitment is of these details."""
    values = {name: told[name] for name in Leaf.__slots__} | {"time": datetime.fromisoformat(told["time"])}
    record = Record(bytes.fromhex(told["salt"]), told["details"])
    linked = LinkedLeaf(Leaf(**values), told["previous"], told["hash"], record)
    return link(linked.previous, linked.leaf).hash == linked.hash and linked.fits()
