"""Every command of `corridor` that a page names is one that the program has, with the arguments that it takes."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from corridor.cli import app
from tests.architecture.test_documentation import PAGES, ROOT, name

COMMANDS = re.compile(r"(?:\.venv/bin/)?corridor ((?:[a-z][a-z-]*)(?: [^\n`]*)?)")
LABELS = frozenset({"corridor recipient"})
"""Looks like a command, and is what a key is derived under."""


def commands_of(text: str) -> list[str]:
    """Commands of `corridor` in code: in a fenced block or between backticks."""
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in fenced for line in block.splitlines()]
    return [
        found.group(1).partition("#")[0].strip()
        for code in [*lines, *re.findall(r"`([^`\n]+)`", text)]
        if code not in LABELS and (found := COMMANDS.fullmatch(code.strip().removeprefix("$ ")))
    ]


def fits(command: str) -> str | None:
    """None, or what the program would say to this command: names, arguments and options are read as it reads them."""
    group: Any = get_command(app)
    words = command.split()
    context = group.make_context("corridor", [], resilient_parsing=True)
    while hasattr(group, "commands"):
        if not words:
            return None
        word = words.pop(0)
        if word not in group.commands:
            return f"no command {word}"
        group = group.commands[word]
    values = {"CASE": CASE, "STOP": CASE, "WORK": CASE, "REPLAY": CASE, "PROPOSAL": CASE, "FILE": __file__}
    values |= {"DISTRUST": CASE, "DOCUMENT": CASE, "ENTRY": __file__}
    given = [values.get(word, word) for word in words]
    if not given:
        return None
    try:
        group.make_context(command, given, parent=context)
    except Exception as error:  # noqa: BLE001 - whatever it does not take, the page is wrong
        return f"{command}: {error}"
    return None


CASE = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_of_a_page_is_one_of_the_program(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [wrong for command in commands_of(text) if (wrong := fits(command)) is not None] == []


def test_a_command_that_is_not_there_or_lacks_an_argument_is_found() -> None:
    assert commands_of("`corridor operate causes TH` and `corridor verify`") == [
        "operate causes TH",
        "verify",
    ]
    assert fits("operate causes TH") is None
    assert fits("operate reset TH") == "no command reset"
    assert "Missing" in (fits("operate retry TH notify WORK") or "")
    assert "such option" in (fits("operate causes TH --all") or "").lower()


def test_the_page_of_a_bad_day_names_every_command_of_an_operator() -> None:
    text = (ROOT / "docs/debugging.md").read_text(encoding="utf-8")
    named = {command.split()[1] for command in commands_of(text) if command.startswith("operate ")}
    operating: Any = get_command(app)
    assert named == set(operating.commands["operate"].commands)
