"""The display of a start: a bar in a terminal, a line for each step in a file."""

import time

import rich.progress
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.local.stack import Progress

SAY_EVERY_S = 2.0


class Bar(Progress):
    """A bar, which vanishes at the end."""

    def __init__(self, console: Console, steps: int) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = rich.progress.Progress(*columns, console=console, transient=True)
        self._task = self._bar.add_task("Starting", total=steps)

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def done(self, step: str) -> None:
        self._bar.update(self._task, advance=1, description=step)

    def say(self, text: str) -> None:
        self._bar.update(self._task, description=text)


class Lines(Progress):
    """Each step on a line of its own with the seconds since the start; the progress inside one, now and then."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console, self._steps, self._done = console, steps, 0
        self._began, self._said = time.monotonic(), 0.0

    def __enter__(self) -> "Lines":
        self._print(f"starting, {self._steps} steps")
        return self

    def __exit__(self, *_: object) -> None:
        return

    def done(self, step: str) -> None:
        self._done += 1
        self._print(f"{self._done}/{self._steps}  {step}")

    def say(self, text: str) -> None:
        if time.monotonic() - self._said > SAY_EVERY_S:
            self._said = time.monotonic()
            self._print(text)

    def _print(self, text: str) -> None:
        elapsed = time.monotonic() - self._began
        self._console.print(f"{elapsed:6.1f} s  {text}", soft_wrap=True, markup=False)
        self._console.file.flush()


def shown(console: Console, steps: int) -> Bar | Lines:
    return Bar(console, steps) if console.is_terminal else Lines(console, steps)
