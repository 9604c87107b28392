"""Keys and agreements that count no more in a cell, over the HTTP API of exchange: declared by one operator, decided by another."""

from typing import Any
from urllib.parse import quote

from rich.console import Console

from corridor.client import Person
from corridor.operating import PAGE, NotThereError, every_page, shown

KEYS, DISTRUSTS = "/exchange/v1/keys", "/exchange/v1/distrusts"
KEY_COLUMNS = ("organisation", "use", "kid", "until", "note")
COLUMNS = ("id", "about", "state", "declared_by", "note")
ENVELOPE_COLUMNS = (
    "direction",
    "at",
    "sender",
    "recipient",
    "item_class",
    "case_reference",
    "case_id",
    "state",
)


async def keys(who: str, console: Console) -> None:
    async with Person(who) as person:
        rows = await every_page(person, KEYS, limit=PAGE)
    named = [{**row, "until": _day(row["not_after"]), "note": _standing(row)} for row in rows]
    shown(console, KEY_COLUMNS, sorted(named, key=lambda row: (row["organisation"], row["use"])), "no key")


async def lose(who: str, kid: str, since: str, ticket: str, console: Console) -> None:
    """Declare it, then show what it touches."""
    async with Person(who) as person:
        done = await person.post(f"{KEYS}/{quote(kid)}/distrust", {"since": since, "ticket": ticket})
        rows = await every_page(person, f"{DISTRUSTS}/{done['id']}/envelopes", limit=PAGE)
    console.print(
        f"nothing is sealed to it and nothing that it signs counts; another operator confirms {done['id']} within 24 hours"
    )
    shown(console, ENVELOPE_COLUMNS, rows, "nothing was sealed to it, and nothing came signed with it since")


async def suspend(who: str, agreement: str, ticket: str, console: Console) -> None:
    async with Person(who) as person:
        done = await person.post(f"/exchange/v1/agreements/{agreement}/suspend", {"ticket": ticket})
    console.print(
        f"nothing is sealed or taken in under it; another operator confirms {done['id']} within 24 hours"
    )


async def distrusts(cell: str, who: str, console: Console) -> None:
    async with Person(who) as person:
        rows = await every_page(person, DISTRUSTS, limit=PAGE)
    named = [{**row, "about": _about(row), "note": "OVERDUE" if row["overdue"] else ""} for row in rows]
    shown(console, COLUMNS, named, f"{cell}: every key and agreement of the trust list counts.")


async def touched(who: str, distrust: str, console: Console) -> None:
    async with Person(who) as person:
        rows = await every_page(person, f"{DISTRUSTS}/{distrust}/envelopes", limit=PAGE)
    shown(console, ENVELOPE_COLUMNS, rows, "no envelope")


async def decide(who: str, distrust: str, verb: str, console: Console, *, dry_run: bool) -> None:
    """Confirm or withdraw exactly what is shown."""
    async with Person(who) as person:
        found = await person.get(f"{DISTRUSTS}/{distrust}")
        console.print_json(
            data={name: value for name, value in found.items() if value is not None and name != "moves"}
        )
        if f"{verb}_distrust" not in [move["verb"] for move in found["moves"]]:
            decided = found["state"] != "acting"
            why = f"it is {found['state']}" if decided else "another operator does"
            raise NotThereError(f"{who} cannot {verb} it: {why}")
        if not dry_run:
            await person.post(f"{DISTRUSTS}/{distrust}/{verb}", headers={"If-Match": f'"{found["version"]}"'})
            console.print("done")


def _about(row: dict[str, Any]) -> str:
    if row["key"] is not None:
        return f"key of {row['organisation']} ({row['use']}), lost {_day(row['since'])}"
    return f"agreement {row['agreement_id']}, version {row['agreement_version']}"


def _standing(row: dict[str, Any]) -> str:
    if row["lost_since"] is not None:
        return f"LOST {_day(row['lost_since'])}"
    return "" if row["listed"] else "not listed any more"


def _day(instant: str | None) -> str:
    """The day is enough in a table, and leaves room for what is copied out of it whole."""
    return "" if instant is None else instant[:10]
