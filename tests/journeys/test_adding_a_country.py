"""The country of `docs/adding-a-country.md`, made from the page's steps in a folder of its own, is started and has a case."""

import re
from pathlib import Path

from tests.countries.page import made
from tests.journeys.test_command import corridor, processes_of


def test_the_demo_plays_to_the_end_in_a_country_made_from_the_page_and_leaves_no_process_behind(
    cells_directory, tmp_path: Path, monkeypatch
) -> None:
    """Between the countries of the story it is played on the shared stack, and by `.ci/fresh-machine`."""
    state = cells_directory() / "state"
    monkeypatch.setenv("CORRIDOR_COUNTRIES", str(made(tmp_path / "countries")))
    played = corridor(state, "demo", "--exit", patience=180)
    assert played.returncode == 0, played.stdout + played.stderr
    lines = played.stdout.splitlines()
    assert len([line for line in lines if re.match(r" ?\d+\. ", line)]) == 17
    begun = [line for line in lines if line.rstrip().endswith("TH: every service is ready")]
    assert len(begun) == 1  # of the start as well there is a line for each step, though nobody watches
    assert "AQ reintegration agency  has received the referral, sealed to it alone" in played.stdout
    assert "her name reads 'Camille'" in played.stdout
    assert "prs_MobilePhone (no_consent)" in played.stdout
    assert "the recall; and AQ's answer: restricted" in played.stdout
    assert played.stdout.count("whole") == 2
    assert processes_of(state) == []
