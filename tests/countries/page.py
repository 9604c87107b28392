"""The country of `docs/adding-a-country.md`, made from the blocks of that page."""

import re
import shutil
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
COUNTRIES = ROOT / "countries"
PAGE = ROOT / "docs" / "adding-a-country.md"
BLOCK = re.compile(r"^ +`((?:AQ/)?[a-z]+\.json)`\n +```json\n(.*?)^ +```$", re.DOTALL | re.MULTILINE)


def made(folder: Path) -> Path:
    """A copy of `countries/` with one more, after the steps of the page and nothing else."""
    shutil.copytree(COUNTRIES, folder)
    (folder / "AQ").mkdir()
    for name, content in BLOCK.findall(PAGE.read_text()):
        (folder / name).write_text(dedent(content))
    return folder
