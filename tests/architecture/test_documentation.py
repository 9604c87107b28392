"""What a page names is there: files, folders, other pages and their headings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
ROOMS = ("chassis", "contracts", "corridor", "deploy", "docs", "services", "tests", "countries")
NAMED = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w./-]+)(?:::\w+)?`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def headings(page: Path) -> set[str]:
    """As a reader's browser is sent to them: small letters, hyphens for spaces, nothing else."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_is_there(page):
    assert [path for path in NAMED.findall(page.read_text()) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page):
    broken = []
    for target, heading in LINK.findall(page.read_text()):
        found = (page.parent / target) if target else page
        if not found.exists() or (heading and heading not in headings(found)):
            broken.append(f"{target}#{heading}")
    assert broken == []


def test_every_page_stands_in_the_table_of_pages():
    listed = (ROOT / "docs" / "README.md").read_text()
    assert [
        p.name for p in (ROOT / "docs").glob("*.md") if p.name != "README.md" and p.name not in listed
    ] == []


def test_every_decision_has_a_number_of_its_own_and_none_is_left_out():
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs" / "adr").glob("0*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
