"""The console of every command, and the report of an error that a person can mend: one sentence, and the status 1."""

import contextlib
import sys
from collections.abc import Coroutine, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import typer

from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 140
"""The width of lines that are printed into a file."""


@cache
def console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)


@contextlib.contextmanager
def troubles() -> Iterator[None]:
    try:
        yield
    except (Trouble, OSError) as error:
        console().print(_sentence(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _sentence(error: Trouble | OSError) -> str:
    """The sentence for an error of the system, such as a full disk or a folder that may not be written, with the
    file's name.
    """
    if isinstance(error, Trouble):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"the system refused: {error.strerror or error}{where}"


def call(work: Coroutine[Any, Any, None]) -> None:
    import asyncio

    with troubles():
        asyncio.run(work)
