"""The `corridor` command as its users type it, each time in a process of its own."""

import contextlib
import csv
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.patience import stretched

ROOT = Path(__file__).parents[2]
ROWS, BAD_DATES, BAD_CODES = 2_000, 40, 20


def corridor(state: Path, *arguments: str, patience: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "corridor", *arguments],
        cwd=ROOT,
        env={**os.environ, "CORRIDOR_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=stretched(patience),
        check=False,
    )


def begun(state: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command while it runs; what it prints goes nowhere."""
    return subprocess.Popen(
        [sys.executable, "-m", "corridor", *arguments],
        cwd=ROOT,
        env={**os.environ, "CORRIDOR_STATE": str(state)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def processes_of(state: Path) -> list[int]:
    """Processes whose command line names the folder, or that write into it what they print: servers and cells."""
    return [p.pid for p in psutil.process_iter(["cmdline"]) if str(state) in told_by(p)]


def told_by(process: psutil.Process) -> str:
    with contextlib.suppress(OSError):  # it ended meanwhile
        printed = Path(f"/proc/{process.pid}/fd/1").readlink()
        return " ".join([*(process.info["cmdline"] or ()), str(printed)])
    return ""


@pytest.fixture
def file_of_cases(tmp_path) -> Path:
    """HTCDS columns; every fiftieth row has an impossible date, every hundredth a code that does not exist."""
    file = tmp_path / "cases.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["cor_ExternalId", "cor_FullName", "prs_Birthdate", "prs_Gender", "prs_Citizenship"])
        for n in range(ROWS):
            date = "1999-02-30" if n % 50 == 3 else f"19{60 + n % 40}"
            gender = "Woman" if n % 100 == 5 else "Feminine"
            writer.writerow([f"row-{n}", f"Name {n}", date, gender, "KH"])
    return file


def test_two_thousand_rows_are_imported_once_and_every_bad_one_is_named(stack, file_of_cases):
    first = corridor(stack.state, "import", str(file_of_cases))
    again = corridor(stack.state, "import", str(file_of_cases))
    good, bad = ROWS - BAD_DATES - BAD_CODES, BAD_DATES + BAD_CODES
    assert f"{ROWS} rows: {good} opened, 0 were here already, {bad} refused." in first.stdout
    assert f"{ROWS} rows: 0 opened, {good} were here already, {bad} refused." in again.stdout
    named = next(line for line in first.stdout.splitlines() if "invalid-date" in line)
    assert named.replace("│", " ").split() == ["5", "prs_Birthdate", "invalid-date"]


def test_a_dry_run_loads_nothing(stack, file_of_cases):
    tried = corridor(stack.state, "import", str(file_of_cases), "--dry-run")
    assert f"{ROWS} rows: {BAD_DATES + BAD_CODES} of them bad, " in tried.stdout
    assert "nothing was loaded." in tried.stdout


def test_the_tools_of_an_operator_answer(stack):
    assert "nothing is parked" in corridor(stack.state, "operate", "parked", "KH").stdout
    assert "whole; head" in corridor(stack.state, "verify", "TH").stdout
    assert corridor(stack.state, "token", "th.worker").stdout.count(".") == 2


@pytest.mark.parametrize("name", ["nobody", "th.nobody", "mm.worker"])
def test_a_person_who_does_not_exist_is_named_as_such(stack, name):
    asked = corridor(stack.state, "token", name)
    assert asked.returncode == 1
    assert "Traceback" not in asked.stdout + asked.stderr


def test_a_second_stack_on_the_same_state_is_refused(stack):
    for second in (corridor(stack.state, "up"), corridor(stack.state, "demo", "--fresh")):
        assert (second.returncode, f"already running here (process {os.getpid()})" in second.stdout) == (
            1,
            True,
        )


def test_the_demo_plays_on_a_stack_that_is_up_and_leaves_it_up(stack):
    played = corridor(stack.state, "demo", patience=180)
    assert (played.returncode, played.stderr) == (0, "")
    assert "is already up here; the story is played on it" in played.stdout
    assert "KH's answer: restricted" in played.stdout
    assert all(server.running for server in stack.servers.values())
