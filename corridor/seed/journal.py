"""The journal of a seeding: every step that was done, so that what was broken off goes on where it was and nothing is done twice."""

import json
from pathlib import Path

WHOLE = 0
"""The step of a life that has come to its end."""


class Journal:
    """A file with a line for each step: the life's number, the step's, and what it answered. Kept with the stack's state, it goes when that goes."""

    def __init__(self, file: Path) -> None:
        self._said: dict[tuple[int, int], str] = {}
        whole = ""
        if file.exists():
            whole = file.read_text(encoding="utf-8")
        self._out = file.open("a", encoding="utf-8")
        if whole and not whole.endswith("\n"):
            self._out.write("\n")
        for line in whole.splitlines():
            self._read(line)

    def said(self, number: int, step: int) -> str | None:
        return self._said.get((number, step))

    def write(self, number: int, step: int, said: str) -> None:
        self._said[number, step] = said
        self._out.write(json.dumps([number, step, said]) + "\n")
        self._out.flush()

    def close(self) -> None:
        self._out.close()

    def _read(self, line: str) -> None:
        """A line that was cut off counts for nothing: its step is asked for again under the same key."""
        try:
            number, step, said = json.loads(line)
        except ValueError:
            return
        self._said[number, step] = said
