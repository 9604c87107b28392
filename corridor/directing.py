"""Changes of the directory by two operators, over its HTTP API: proposed by one, confirmed or withdrawn by another."""

from typing import Any

from rich.console import Console

from corridor.client import Person
from corridor.operating import PAGE, NotThereError, every_page, shown

PROPOSALS = "/directory/v1/proposals"
COLUMNS = ("id", "change", "state", "organisation", "worker", "staff_role", "proposed_by", "due_at", "note")


async def proposals(cell: str, who: str, state: str | None, console: Console) -> None:
    asked = {} if state is None else {"state": state}
    async with Person(who) as person:
        rows = await every_page(person, PROPOSALS, limit=PAGE, **asked)
    shown(console, COLUMNS, [{**row, "note": _note(row)} for row in rows], f"{cell}: nothing was proposed.")


async def propose(who: str, console: Console, *, ticket: str, **body: Any) -> None:
    async with Person(who) as person:
        done = await person.post(PROPOSALS, {"ticket": ticket, **body})
    console.print(f"proposed: {done['id']}; it changes nothing until another operator confirms it")


async def suspend_at_once(who: str, organisation: str, console: Console, **body: Any) -> None:
    async with Person(who) as person:
        done = await person.post(f"/directory/v1/organisations/{organisation}/suspend", body)
    console.print(
        f"suspended: nobody of {organisation} reads any more; another operator confirms {done['id']} within 24 hours"
    )


async def decide(who: str, proposal: str, verb: str, console: Console, *, dry_run: bool) -> None:
    """Confirm or withdraw exactly what is shown: whoever changed it meanwhile has it looked at again."""
    async with Person(who) as person:
        found = await person.get(f"{PROPOSALS}/{proposal}")
        offered = [move["verb"] for move in found["moves"]]
        said = {name: value for name, value in found.items() if value not in (None, []) and name != "moves"}
        console.print_json(data=said)
        if f"{verb}_proposal" not in offered:
            raise NotThereError(f"{who} cannot {verb} it: {_why_not(found, who)}")
        if not dry_run:
            seen = {"If-Match": f'"{found["version"]}"'}
            await person.post(f"{PROPOSALS}/{proposal}/{verb}", headers=seen)
            console.print("done; it acts in every service as soon as each has heard of it")


def _note(row: dict[str, Any]) -> str:
    return "OVERDUE" if row["overdue"] else "expired" if row["expired"] else ""


def _why_not(found: dict[str, Any], who: str) -> str:
    if found["expired"]:
        return "nobody confirmed it in time"
    if found["state"] not in {"proposed", "acting"}:
        return f"it is {found['state']}"
    return (
        "another operator does"
        if who in {found["proposed_by"], found["worker"], found["cases_to"]}
        else "it is about their own organisation, or whoever proposed it is no operator any more"
    )
