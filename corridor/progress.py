"""The display of a start and of long work: a bar in a terminal, lines in a file."""

import time

import rich.progress
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.local.stack import Progress

SAY_EVERY_S, COUNT_EVERY_S = 2.0, 10.0


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


class Counter:
    """How far work is that goes through so many of something: a bar in a terminal, which vanishes at the end; in a file a line at its begin and now and then."""

    def __init__(self, console: Console, what: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = rich.progress.Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._task = self._bar.add_task(what, total=None)
        self._console, self._what = console, what
        self._began, self._said = time.monotonic(), float("-inf")

    def __enter__(self) -> "Counter":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def at(self, done: int, total: int | None = None) -> None:
        """So many are done, of as many as are known of."""
        self._bar.update(self._task, completed=done, total=total)
        now = time.monotonic()
        if self._bar.disable and now - self._said > COUNT_EVERY_S:
            self._said = now
            many = f"{done} of {total}" if total is not None else str(done)
            self._console.print(
                f"{now - self._began:6.0f} s  {self._what}: {many}", soft_wrap=True, markup=False
            )
            self._console.file.flush()
