"""The screens of a started stack: the things to try, and the consoles of its cells with who to be there."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from corridor.sign_in import address
from deploy.local.authorising import TO_TRY
from deploy.local.people import load_people, story
from deploy.local.stack import Stack

COMMAND = ".venv/bin/corridor"
SENDER, RECEIVER = story().countries
TRY = (
    "open a cell's address in a browser, choose a service and a person, call an operation",
    f"{COMMAND} demo               the story, on this stack",
    f"{COMMAND} seed --cases 60    invented people in every state",
    f"{COMMAND} token {SENDER.lower()}.worker    an access token for curl",
    f"{COMMAND} trace CASE         a case's way through both audit trails",
    f"{COMMAND} operate parked {RECEIVER}  what stands still; see operate --help",
    f"{COMMAND} import FILE        cases from CSV or XLSX, as {SENDER.lower()}.officer",
    f"{COMMAND} verify {SENDER}          recompute the audit log",
)


def addresses(stack: Stack, console: Console) -> None:
    """The things to try on a stack that is up, how to stop it, and last its consoles."""
    console.print("[bold]The stack is up.[/bold] Ctrl-C stops everything. To try, from another terminal:")
    for line in TRY:
        console.print(f"  {line}", soft_wrap=True)
    first = next(iter(stack.cells.values()))
    call = f'curl -H "Authorization: Bearer $({COMMAND} token {load_people(first.code)[0].name})"'
    console.print(f"  {call} {first.base_url}/intake/v1/cases\n", soft_wrap=True, markup=False)
    consoles(stack.cells, console)


def consoles(codes: Iterable[str], console: Console) -> None:
    """The address of each country's console, and everybody there by group with what to do; to programs the same without `/console`."""
    console.print("[bold]Open a console in a browser and choose who to be; nobody has a password.[/bold]")
    for code in codes:
        console.print(f"\n[bold]{code}[/bold]  {address(code).console_url}", soft_wrap=True)
        people = Table.grid(padding=(0, 2), pad_edge=True)
        for role, (_, what) in TO_TRY.items():
            names = [person.name for person in load_people(code) if role in person.roles]
            if names:
                people.add_row(", ".join(names), what)
        console.print(people)
