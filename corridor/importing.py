"""`corridor import FILE`: uploads a file of cases and shows the progress and the rows that were refused."""

import asyncio
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from corridor.client import Person
from corridor.progress import Counter

POLL_S = 0.3


async def import_file(file: Path, who: str, console: Console, *, dry_run: bool) -> None:
    """A dry run checks every row and loads none; the real run waits until every row is done.

    Both name every row that was refused and every one that is a case already.
    """
    async with Person(who) as person:
        content = await asyncio.to_thread(file.read_bytes)
        answer = await person.post(
            "/interchange/v1/imports", files={"file": (file.name, content)}, params={"dry_run": dry_run}
        )
        if dry_run:
            _errors(answer["errors"], console)
            _duplicates(answer["repeated"], console)
            more = "; the API lists no more of them at once" if answer["more"] else ""
            console.print(
                f"{answer['total']} rows: {answer['bad']} of them bad, {answer['duplicates']} were here already{more};"
                " nothing was loaded."
            )
            return
        state = await _until_done(person, answer["id"], console)
        _errors(await _all(person, f"/interchange/v1/imports/{answer['id']}/errors"), console)
        repeated = await _all(person, f"/interchange/v1/imports/{answer['id']}/rows", outcome="duplicate")
        _duplicates(repeated, console)
        console.print(
            f"{state['total']} rows: {state['created']} opened, {state['duplicates']} were here already, {state['errors']} refused."
        )


async def _until_done(person: Person, import_id: str, console: Console) -> Any:
    with Counter(console, "Loading rows") as counter:
        while True:
            state = await person.get(f"/interchange/v1/imports/{import_id}")
            counter.at(state["done"], state["total"])
            if state["done"] >= state["total"]:
                return state
            await asyncio.sleep(POLL_S)


def _errors(errors: list[dict[str, Any]], console: Console) -> None:
    if not errors:
        return
    table = Table("line", "column", "reason", "codes", "case")
    for one in errors:
        table.add_row(str(one["line"]), one["column"], one["reason"], one["codelist"] or "", _case(one, ""))
    console.print(table)


def _duplicates(rows: list[dict[str, Any]], console: Console) -> None:
    if not rows:
        return
    table = Table("line", "is the case")
    for one in rows:
        table.add_row(str(one["line"]), _case(one, "of an earlier line"))
    console.print(table)


def _case(one: dict[str, Any], none: str) -> str:
    return one["case_reference"] or one["case_id"] or none


async def _all(person: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        after = {"after": page["next"]} if page["next"] else {}
        page = await person.get(path, limit=200, **query, **after)
        found += page["items"]
    return found
