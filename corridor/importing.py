"""`corridor import FILE`: uploads a file of cases and shows how far it is and which rows were refused."""

import asyncio
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from corridor.client import Person

POLL_S = 0.3
SHOWN = 50


async def import_file(file: Path, who: str, console: Console, *, dry_run: bool) -> None:
    """A dry run checks every row and loads none; the real run waits until every row is done."""
    async with Person(who) as person:
        content = await asyncio.to_thread(file.read_bytes)
        answer = await person.post(
            "/intake/v1/imports", files={"file": (file.name, content)}, params={"dry_run": dry_run}
        )
        if dry_run:
            _errors(answer["errors"], console)
            console.print(f"{answer['total']} rows, {answer['bad']} of them bad; nothing was loaded.")
            return
        state = await _until_done(person, answer["id"], console)
        page = await person.get(f"/intake/v1/imports/{answer['id']}/errors", limit=200)
        _errors(page["items"], console)
        console.print(
            f"{state['total']} rows: {state['created']} opened, {state['duplicates']} were here already, {state['errors']} refused."
        )


async def _until_done(person: Person, import_id: str, console: Console) -> Any:
    with Progress(console=console) as bar:
        task = bar.add_task("Loading", total=None)
        while True:
            state = await person.get(f"/intake/v1/imports/{import_id}")
            bar.update(task, total=state["total"], completed=state["done"])
            if state["done"] >= state["total"]:
                return state
            await asyncio.sleep(POLL_S)


def _errors(errors: list[dict[str, Any]], console: Console) -> None:
    if not errors:
        return
    table = Table("line", "column", "reason")
    for one in errors[:SHOWN]:
        table.add_row(str(one["line"]), str(one["column"] or ""), one["reason"])
    console.print(table)
    if len(errors) > SHOWN:
        console.print(f"… and {len(errors) - SHOWN} more.")
