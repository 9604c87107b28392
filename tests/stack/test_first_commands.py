"""The README's commands set up what they need, or say in one line what to run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path) -> dict[str, str]:
    """A PATH without a browser or a package manager, for somebody who is not root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "make", "env", "grep", "test", "mkdir", "touch"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    who = programs / "id"
    who.write_text("#!/bin/sh\necho 1000\n")
    who.chmod(0o755)
    return {"PATH": str(programs), "HOME": os.environ.get("HOME", "/")}


def test_without_a_browser_make_test_says_in_one_line_what_to_run(bare):
    refused = subprocess.run(
        ["make", "chromium"], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    assert refused.stdout == (
        "The tests of the pages need a browser: install one, for example with 'sudo apt-get install --yes "
        "--no-install-recommends chromium-headless-shell' (or chromium), and try again.\n"
    )


def test_all_tests_ask_for_the_browser_first_and_chosen_ones_do_not(bare):
    def planned(*arguments: str) -> str:
        return subprocess.run(
            ["make", "--dry-run", "-o", ".venv/.installed", "test", *arguments],
            cwd=ROOT, env=bare, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    assert "chromium.sh" in planned()
    assert "chromium.sh" not in planned("ARGS=tests/referral")


def test_what_make_starts_keeps_its_bytecode_though_the_shell_says_otherwise(bare):
    shell = {**bare, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    run = ["make", "--eval", "shown: ; @env", "shown"]
    shown = subprocess.run(run, cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout
    assert "PYTHONUNBUFFERED=1" in shown
    assert "PYTHONDONTWRITEBYTECODE" not in shown
