"""How far long work is: lines in a file, a bar in a terminal."""

import io

from rich.console import Console

from corridor import progress
from corridor.progress import Counter


def told(*, terminal: bool, monkeypatch, every: float) -> str:
    monkeypatch.setattr(progress, "COUNT_EVERY_S", every)
    file = io.StringIO()
    with Counter(Console(file=file, force_terminal=terminal, width=80), "Loading rows") as counter:
        for done in range(4):
            counter.at(done, 3)
        counter.at(7)
    return file.getvalue()


def test_in_a_file_it_is_said_at_the_begin_and_no_more_often_than_now_and_then(monkeypatch):
    seldom = told(terminal=False, monkeypatch=monkeypatch, every=60)
    assert [line.split("s  ")[1] for line in seldom.splitlines()] == ["Loading rows: 0 of 3"]
    often = told(terminal=False, monkeypatch=monkeypatch, every=-1)
    assert [line.split(": ")[1] for line in often.splitlines()] == [
        "0 of 3",
        "1 of 3",
        "2 of 3",
        "3 of 3",
        "7",
    ]


def test_in_a_terminal_it_is_a_bar(monkeypatch):
    shown = told(terminal=True, monkeypatch=monkeypatch, every=-1)
    assert ("Loading rows" in shown, "━" in shown, "0 of 3" in shown) == (True, True, False)
