"""The guide: each picture that a page names is there, small, and named by some page."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
LARGEST = 80_000
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def named() -> list[tuple[str, str]]:
    """What is said of each picture, and its path."""
    return [found for page in sorted(GUIDE.glob("*.md")) for found in PICTURE.findall(page.read_text())]


def kept() -> set[str]:
    return {
        str(file.relative_to(GUIDE)) for file in GUIDE.rglob("*") if file.is_file() and file.suffix != ".md"
    }


def test_each_picture_that_a_page_names_is_there_and_each_that_is_there_is_named():
    assert {path for _, path in named()} == kept()
    assert kept()


def test_no_picture_is_larger_than_a_slow_line_bears():
    assert [path for path in kept() if (GUIDE / path).stat().st_size >= LARGEST] == []


def test_each_picture_is_described_for_whoever_does_not_see_it():
    assert [path for said, path in named() if len(said) < 20] == []


def test_the_tool_that_takes_them_knows_exactly_these():
    source = (Path(__file__).parents[1] / "screenshots" / "pictures.py").read_text()
    taken = {f"pictures/{name}.webp" for name in re.findall(r'Picture\(\s*"([a-z-]+)"', source)}
    assert taken == kept()


def test_every_page_stands_in_the_table_of_the_guide():
    listed = (GUIDE / "README.md").read_text()
    assert [
        page.name
        for page in GUIDE.glob("*.md")
        if f"({page.name})" not in listed and page.name != "README.md"
    ] == []
