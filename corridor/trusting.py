"""Documents that governance signed, put into a running cell over the HTTP API of exchange: by one operator, confirmed or withdrawn by another."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from corridor.client import Person
from corridor.operating import PAGE, NotThereError, every_page, shown
from deploy.local.trouble import Trouble

DOCUMENTS = "/exchange/v1/trust-documents"
COLUMNS = ("id", "what", "state", "proposed_by", "counts_from")


class NotSignedError(Trouble):
    """The file is none that governance signed."""


async def documents(cell: str, who: str, console: Console) -> None:
    async with Person(who) as person:
        rows = await every_page(person, DOCUMENTS, limit=PAGE)
    named = [{**row, "what": _what(row), "counts_from": row["counts_from"][:10]} for row in rows]
    shown(console, COLUMNS, named, f"{cell}: nothing was put in.")


def signed_in(file: Path) -> dict[str, Any]:
    """The signed document in a file. Raises NotSignedError."""
    try:
        signed = json.loads(file.read_text(encoding="utf-8"))
        return {"document": signed["document"], "signatures": signed["signatures"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotSignedError(f"{file} is no file that governance signed") from error


async def propose(who: str, signed: dict[str, Any], ticket: str, console: Console) -> None:
    async with Person(who) as person:
        done = await person.post(DOCUMENTS, {**signed, "ticket": ticket})
    console.print(f"proposed: {done['id']}; nothing of it counts until another operator confirms it")


async def decide(who: str, document: str, verb: str, console: Console, *, dry_run: bool) -> None:
    """Confirm or withdraw exactly what is shown: what it changes of what is in force."""
    async with Person(who) as person:
        found = await person.get(f"{DOCUMENTS}/{document}")
        console.print(f"{_what(found)}, put in by {found['proposed_by']}, {found['sha256']}", soft_wrap=True)
        for line in found["differences"]:
            console.print(line, markup=False, soft_wrap=True)
        if f"{verb}_trust_document" not in [move["verb"] for move in found["moves"]]:
            decided = found["state"] != "proposed"
            why = f"it is {found['state']}" if decided else "another operator does"
            raise NotThereError(f"{who} cannot {verb} it: {why}")
        if not dry_run:
            await person.post(f"{DOCUMENTS}/{document}/{verb}", headers={"If-Match": f'"{found["version"]}"'})
            console.print("done; each process of the cell reads it within seconds")


def _what(row: dict[str, Any]) -> str:
    name = "trust list" if row["agreement_id"] is None else f"agreement {row['agreement_id']}"
    return f"{name}, version {row['number']}"
