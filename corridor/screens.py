"""The screens of a started stack: the addresses of its cells, the people to sign in as, and the things to try."""

from rich.console import Console
from rich.table import Table

from corridor.sign_in import address
from deploy.local.people import load_people, story
from deploy.local.stack import Stack

COMMAND = ".venv/bin/corridor"
TOLD = story()
SENDER, RECEIVER = TOLD.countries
TO_SEE = frozenset({"case_worker", "supervisor", "screening_officer"})
"""The roles with pages of their own in the console."""

TRY = (
    "open a cell's console in a browser and choose who to be: a case worker, a supervisor, an officer",
    "open a cell's address in a browser, choose a service and a person, call an operation",
    f"{COMMAND} demo               the story, on this stack",
    f"{COMMAND} token {SENDER.lower()}.worker    an access token for curl",
    f"{COMMAND} trace CASE         a case's way through both audit trails",
    f"{COMMAND} operate parked {RECEIVER}  what stands still; see operate --help",
    f"{COMMAND} import FILE        cases from CSV or XLSX, as {SENDER.lower()}.first",
    f"{COMMAND} verify {SENDER}          recompute the audit log",
)


def consoles(console: Console) -> None:
    """The consoles of the two cells of the story, and who has something to see there."""
    console.print("In a browser, without a password:")
    for code in TOLD.countries:
        who = ", ".join(person.name for person in load_people(code) if TO_SEE.intersection(person.roles))
        console.print(f"  [bold]{code}[/bold]  {address(code).console_url}  as {who}", soft_wrap=True)


def addresses(stack: Stack, console: Console) -> None:
    """Each cell's address with the people to sign in as, and how to stop."""
    console.print("[bold]The stack is up.[/bold]")
    for code, cell in stack.cells.items():
        console.print(
            f"\n[bold]{code}[/bold]  {cell.console_url}  the console; the interface for programs: {cell.base_url}"
        )
        people = Table.grid(padding=(0, 2), pad_edge=True)
        for person in load_people(code):
            people.add_row(person.name, ", ".join(person.roles), person.org)
        console.print(people)
    console.print("\nWhat to try, from another terminal:")
    for line in TRY:
        console.print(f"  {line}", soft_wrap=True)
    first = next(iter(stack.cells.values()))
    call = f'curl -H "Authorization: Bearer $({COMMAND} token {load_people(first.code)[0].name})"'
    console.print(f"  {call} {first.base_url}/intake/v1/cases", soft_wrap=True, markup=False)
    console.print("Ctrl-C stops everything.")
