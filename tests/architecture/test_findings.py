"""Every test that the page of findings names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = sorted(
    set(re.findall(r"`((?:tests|\.ci)/[^`:]+)(?:::(\w+))?`", (ROOT / "docs/findings.md").read_text()))
)


@pytest.mark.parametrize(("path", "test"), NAMED)
def test_a_test_that_holds_a_finding_is_there(path: str, test: str) -> None:
    assert (ROOT / path).is_file()
    assert not test or re.search(rf"^\s*(?:async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)
