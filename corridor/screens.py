"""What the stack shows: where its cells are, who to be there, and what to try."""

from rich.console import Console
from rich.table import Table

from deploy.local.issuer import load_people
from deploy.local.stack import Stack

TRY = (
    "Open a cell's address in a browser, choose a service and a person, and call an operation.",
    "corridor token th.worker        an access token for curl",
    "corridor trace CASE             a case's way through both audit trails",
    "corridor parked KH              what stands still, and replaying it",
    "corridor import FILE --as th.officer",
    "corridor verify TH              recompute the audit log",
)


def addresses(stack: Stack, console: Console) -> None:
    """The table of URLs and people, and how to stop."""
    table = Table("cell", "address", "who to be", "role", "organisation", title="The stack is up")
    for code, cell in stack.cells.items():
        for index, person in enumerate(load_people(code)):
            first = (code, cell.base_url) if index == 0 else ("", "")
            table.add_row(*first, person.name, ", ".join(person.roles), person.org)
        table.add_section()
    console.print(table)
    console.print("What to try, from another terminal:")
    for line in TRY:
        console.print(f"  {line}")
    console.print("Ctrl-C stops everything.")
