"""Figures of runs that take longer than `make bench` may: kept in a file with the day and the commit, and shown in its table."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.place import ROOT
from tests.bench.gates import Gate

FILE = Path(__file__).with_name("recorded.json")


def record(run: str, gates: Iterable[Gate], file: Path = FILE) -> None:
    """Keep the figures of a run in place of those of the last one by this name."""
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short=8", "HEAD"], check=True, capture_output=True, text=True
    )
    known = _read(file)
    known[run] = {
        "day": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "gates": [list(astuple(gate)) for gate in gates],
    }
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def recorded(file: Path = FILE) -> list[Gate]:
    """The figures of all that was kept; each says of which day and commit it is."""
    return [
        replace(gate, what=f"[{run['day']} {run['commit']}] {gate.what}")
        for run in _read(file).values()
        for gate in (Gate(*values) for values in run["gates"])
    ]


def _read(file: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = (
        json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    )
    return found
