"""The commands of `corridor`, each with its options and help; the work is done in the modules beside this one."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from corridor.console import call, console, troubles
from corridor.operate import operate

app = typer.Typer(
    help="Corridor on this machine: two countries, their services, and a story.", no_args_is_help=True
)

app.add_typer(operate, name="operate")

Fresh = Annotated[bool, typer.Option("--fresh", help="Wipe databases, topics and keys first.")]
Processes = Annotated[
    bool, typer.Option("--processes", help="One process for each service, not one for each cell.")
]
Who = Annotated[str, typer.Option("--as", help="Who you are, for example th.officer.")]


@app.command()
def up(
    cells: Annotated[
        list[str] | None, typer.Argument(help="Jurisdictions, ISO 3166-1 codes; TH KH by default.")
    ] = None,
    fresh: Fresh = False,
    processes: Processes = False,
) -> None:
    """Start the cells and leave them up until Ctrl-C."""
    from corridor.running import run

    with troubles():
        run(console(), [code.upper() for code in cells or ["TH", "KH"]], fresh=fresh, processes=processes)


@app.command()
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="Stop everything at the end of the story.")] = False,
    fresh: Fresh = False,
    processes: Processes = False,
) -> None:
    """Play one case through TH and KH, on the stack that is up here or on one of its own, which then stays up."""
    from corridor import running

    with troubles():
        running.demo(console(), leave=leave, fresh=fresh, processes=processes)


@app.command("token")
def print_token(name: Annotated[str, typer.Argument(help="For example th.worker.")]) -> None:
    """Print an access token of ten minutes for one of the stack's invented people."""
    from corridor.sign_in import token

    with troubles():
        typer.echo(token(name))


@app.command()
def trace(case: Annotated[UUID, typer.Argument(help="The case's identifier in either cell.")]) -> None:
    """Print a case's way through the audit trails of both cells. Development only."""
    from corridor.trace import trace_case

    call(trace_case(case, console()))


@app.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX with HTCDS field names.")
    ],
    who: Who = "th.officer",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and load none.")] = False,
) -> None:
    """Import cases from a file, with a progress bar and an error for each bad row."""
    from corridor.importing import import_file

    call(import_file(file, who, console(), dry_run=dry_run))


@app.command()
def verify(cell: Annotated[str, typer.Argument(help="The jurisdiction, for example KH.")]) -> None:
    """Recompute the audit log of a cell from its leaves and compare it with its head."""
    from corridor.verifying import verify_chain

    call(verify_chain(cell.upper(), console()))


@app.command()
def doctor() -> None:
    """Say what this machine lacks for the local stack, and what to do about it."""
    from rich.table import Table

    from corridor.doctor import examine
    from deploy.local.place import ROOT

    table = Table("needed", "found", "to do")
    findings = examine(ROOT)
    for finding in findings:
        table.add_row(finding.what, finding.seen, finding.remedy or "nothing")
    console().print(table)
    if any(finding.remedy for finding in findings):
        raise typer.Exit(1)
