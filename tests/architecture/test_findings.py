"""Every test that the pages of findings and of what was asked for name exists, and nothing is said to be there without one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FINDINGS, ASKED = ((ROOT / "docs" / page).read_text() for page in ("findings.md", "asked-for.md"))
NAMED = re.compile(r"`((?:tests|\.ci)/[^`:]+)(?:::(\w+))?`")
ROWS = re.compile(r"^\| (.+) \| (yes|partly|no) \| ?(.*)\|$", re.MULTILINE)


@pytest.mark.parametrize(("path", "test"), sorted(set(NAMED.findall(FINDINGS + ASKED))))
def test_a_test_that_holds_a_finding_is_there(path: str, test: str) -> None:
    assert (ROOT / path).is_file()
    assert not test or re.search(rf"^\s*(?:async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_nothing_of_what_was_asked_for_is_left_out_and_nothing_is_there_without_a_test() -> None:
    items, capabilities = (ROWS.findall(part) for part in ASKED.split("## Capabilities"))
    assert (len(items), len(capabilities)) == (44, 18)
    assert [
        item for item, there, said in items + capabilities if there == "yes" and not NAMED.search(said)
    ] == []
