"""`corridor checklist`: names the mistakes of a checklist's file."""

from pathlib import Path

from rich.console import Console

from contracts.checklist.reading import ChecklistError, read_checklist
from corridor.country import CheckFailedError


def check_checklist(file: Path, console: Console) -> None:
    """Print every mistake of the file, and the notes on one without mistakes. Raises CheckFailedError."""
    try:
        found = read_checklist(file)
    except ChecklistError as error:
        raise CheckFailedError("\n".join(error.problems)) from None
    console.print(
        f"{found.code} {found.version} is whole: {len(found.questions())} questions in {', '.join(found.languages)}.",
        markup=False,
        soft_wrap=True,
    )
    if found.unreviewed:
        console.print(f"  note: no native speaker has looked at {', '.join(found.unreviewed)}", markup=False)
    for sentence in found.unchecked:
        console.print(f"  note: {sentence}", markup=False, soft_wrap=True)
