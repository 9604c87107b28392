"""The ledger of erasures: which keys were destroyed, when, in which epoch. Only appended to, and kept outside of every backup, so
that a restore of an older one destroys them again.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from chassis.vault.vault import Erasure


class ErasureLedger(Protocol):
    """Where destroyed keys are written down: a file here, storage that only appends in production."""

    def append(self, person_id: UUID, erasure: Erasure) -> None:
        """Write it down for good before returning. Writing it again does no harm."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    key: UUID
    destroyed_at: datetime
    epoch: str


class FileLedger:
    """A line of JSON for each key. Many processes may append to one file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def append(self, person_id: UUID, erasure: Erasure) -> None:
        entry = {
            "key": str(person_id),
            "destroyed_at": erasure.destroyed_at.isoformat(),
            "epoch": erasure.epoch,
        }
        out = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(out, json.dumps(entry).encode() + b"\n")
            os.fsync(out)
        finally:
            os.close(out)


class NoLedger:
    """Development alone: after a restore somebody carries out every later erasure again."""

    def append(self, person_id: UUID, erasure: Erasure) -> None:
        """Nothing is written down."""


def read_ledger(file: Path) -> Iterator[LedgerEntry]:
    """Every entry, oldest first. A last line that was cut off by a power failure is passed over: its erasure was not answered.

    Raises ValueError for any other line that is none.
    """
    text = file.read_text(encoding="utf-8")
    whole, _, _ = text.rpartition("\n")
    for line in whole.splitlines():
        if line:
            said = json.loads(line)
            yield LedgerEntry(
                UUID(said["key"]), datetime.fromisoformat(said["destroyed_at"]), str(said["epoch"])
            )
