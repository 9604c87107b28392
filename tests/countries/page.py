"""The country of `docs/adding-a-country.md`, made from the blocks of that page."""

import json
import re
import shutil
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
COUNTRIES = ROOT / "countries"
PAGE = ROOT / "docs" / "adding-a-country.md"
BLOCK = re.compile(r"^ +`((?:AQ/)?[a-z]+\.json)`\n +```json\n(.*?)^ +```$", re.DOTALL | re.MULTILINE)


def made(folder: Path) -> Path:
    """A copy of the countries with which the page makes agreements and of one more, after its steps and nothing else."""
    blocks = {name: dedent(content) for name, content in BLOCK.findall(PAGE.read_text())}
    for code in json.loads(blocks["AQ/agreements.json"])["partners"]:
        shutil.copytree(COUNTRIES / code, folder / code)
    (folder / "AQ").mkdir()
    for name, content in blocks.items():
        (folder / name).write_text(content)
    return folder
