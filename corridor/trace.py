"""`corridor trace CASE`: a case's way through both cells' audit trails, for developers of one machine."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
from rich.console import Console
from rich.table import Table

from corridor.client import Person, RefusedError
from corridor.sign_in import NoStackError
from deploy.local.place import STATE

JOINS = ("disclosure_id", "referral_id", "return_id", "subject_id")
"""Identifiers that both halves share: by them the other cell's case is found."""


def cells() -> list[str]:
    return sorted(file.parent.name.upper() for file in STATE.glob("*/cell.json"))


async def trail(cell: str, case: str) -> AsyncIterator[dict[str, Any]]:
    """Every entry of the case in this cell, page by page; none where nothing was ever logged on it."""
    async with Person(f"{cell.lower()}.auditor") as auditor:
        after: dict[str, str] = {}
        while True:
            try:
                page = await auditor.get(f"/audit/v1/trails/{quote(case)}", limit=200, **after)
            except RefusedError as error:
                if error.status == httpx2.codes.NOT_FOUND:
                    return
                raise
            for entry in page["items"]:
                yield entry
            if page["next"] is None:
                return
            after = {"after": page["next"]}


async def trace_case(case: str, console: Console) -> None:
    """Print the entries of the case here and of its other half, in the order of time."""
    codes = cells()
    if not codes:
        raise NoStackError("no stack was started here")
    entries = [(cell, entry) for cell in codes async for entry in trail(cell, case)]
    shared = {
        str(entry["details"][name]) for _, entry in entries for name in JOINS if entry["details"].get(name)
    }
    for cell in codes:
        other = await _other_half(cell, shared, known=case)
        if other is not None:
            entries += [(cell, entry) async for entry in trail(cell, other)]
    if not entries:
        console.print("Nothing is logged on this case in any cell here.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("time", "cell", "entry", "what", "by"):
        table.add_column(column, no_wrap=True)
    table.add_column("for", overflow="ellipsis", no_wrap=True)
    for cell, entry in sorted(entries, key=lambda one: str(one[1]["time"])):
        who = (entry["type"], entry["actor"], entry["organisation"])
        table.add_row(entry["time"][11:23], cell, str(entry["entry"]), *who)
    console.print(table)


async def _other_half(cell: str, shared: set[str], *, known: str) -> str | None:
    """The case of this cell that a shared identifier leads to, by the worklists of its supervisor."""
    async with Person(f"{cell.lower()}.supervisor") as supervisor:
        page = await supervisor.get("/referral/v1/referrals", limit=200)
    for one in page["items"]:
        if one["referral_id"] in shared and known not in (one["case_id"], one["case_reference"]):
            return str(one["case_id"])
    return None
