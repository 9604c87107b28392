"""The country of `docs/adding-a-country.md`, made from the page's steps in a folder of its own, is started and has a case."""

import os
import subprocess
import sys
from pathlib import Path

from tests.countries.page import ROOT, made


def test_the_whole_story_is_played_to_a_country_made_from_the_page(cells_directory, tmp_path: Path) -> None:
    told = {
        "CORRIDOR_COUNTRIES": str(made(tmp_path / "countries")),
        "CORRIDOR_STATE": str(cells_directory() / "state"),
    }
    played = subprocess.run(
        [sys.executable, "-m", "corridor", "demo", "--exit"],
        cwd=ROOT,
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert played.returncode == 0, played.stdout
    assert "AQ reintegration agency  has received the referral, sealed to it alone" in played.stdout
    assert "her name reads 'Camille'" in played.stdout
    assert "prs_MobilePhone (no_consent)" in played.stdout
    assert "the recall; and AQ's answer: restricted" in played.stdout
