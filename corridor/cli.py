"""The commands of `corridor`, each with its options and help; the work is done in the modules beside this one."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from corridor import screens
from corridor.client import NoStackError, Person, RefusedError, token
from corridor.doctor import examine
from corridor.importing import import_file
from corridor.parked import list_parked, replay
from corridor.story import play
from corridor.trace import trace_case
from deploy.local.process import ServerError
from deploy.local.stack import ROOT, InUseError, Stack

WIDTH = 140
"""Of what is printed into a file."""

app = typer.Typer(
    help="Corridor on this machine: two countries, their services, and a story.", no_args_is_help=True
)
console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)

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
    codes = [code.upper() for code in cells or ["TH", "KH"]]
    _with_stack(Stack, codes, fresh=fresh, processes=processes, then=_nothing, stay=True)


@app.command()
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="Stop everything at the end of the story.")] = False,
    fresh: Fresh = False,
    processes: Processes = False,
) -> None:
    """Start TH and KH and play one case through both of them; then stay up to be tried."""
    _with_stack(
        Stack,
        ["TH", "KH"],
        fresh=fresh,
        processes=processes,
        then=lambda stack: play(stack, console),
        stay=not leave,
    )


def _with_stack(
    make: type[Stack],
    codes: list[str],
    *,
    fresh: bool,
    processes: bool,
    then: Callable[[Stack], Awaitable[None]],
    stay: bool,
) -> None:
    try:
        stack = make(codes, fresh=fresh, processes=processes)
        asyncio.run(_run(stack, then, stay=stay))
    except (InUseError, ServerError, NoStackError, RefusedError) as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None


async def _run(stack: Stack, then: Callable[[Stack], Awaitable[None]], *, stay: bool) -> None:
    work = asyncio.create_task(_whole(stack, then, stay=stay))
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        console.print("Stopping.")
    finally:
        await stack.down()


async def _whole(stack: Stack, then: Callable[[Stack], Awaitable[None]], *, stay: bool) -> None:
    with _bar() as bar:
        task = bar.add_task("Starting", total=stack.steps)
        await stack.up(lambda step: bar.update(task, advance=1, description=step))
    await then(stack)
    if stay:
        screens.addresses(stack, console)
        await asyncio.Event().wait()


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


async def _nothing(_: Stack) -> None:
    return


@app.command("token")
def print_token(name: Annotated[str, typer.Argument(help="For example th.worker.")]) -> None:
    """Print an access token of ten minutes for one of the stack's invented people."""
    try:
        typer.echo(token(name))
    except (NoStackError, KeyError) as error:
        console.print(f"[red]{error.args[0]}[/red]")
        raise typer.Exit(1) from None


@app.command()
def trace(case: Annotated[UUID, typer.Argument(help="The case's identifier in either cell.")]) -> None:
    """Print a case's way through the audit trails of both cells. Development only."""
    _call(trace_case(case, console))


@app.command()
def parked(
    cell: Annotated[str, typer.Argument(help="The jurisdiction, for example TH.")],
    stream: Annotated[
        str | None, typer.Option("--replay", help="Try this parked stream again, in order.")
    ] = None,
) -> None:
    """List the events that stand still in every service of a cell, or replay one stream of them."""
    _call(list_parked(cell.upper(), console) if stream is None else replay(cell.upper(), stream, console))


@app.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX with HTCDS field names.")
    ],
    who: Who = "th.officer",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and load none.")] = False,
) -> None:
    """Import cases from a file, with a progress bar and an error for each bad row."""
    _call(import_file(file, who, console, dry_run=dry_run))


@app.command()
def verify(cell: Annotated[str, typer.Argument(help="The jurisdiction, for example KH.")]) -> None:
    """Recompute the audit log of a cell from its leaves and compare it with its head."""

    async def check() -> None:
        async with Person(f"{cell.lower()}.auditor") as auditor:
            found = await auditor.get("/audit/v1/chain/verification")
        if not found["intact"]:
            console.print(f"[red]{cell}: broken at entry {found['first_broken']}[/red]")
            raise typer.Exit(1)
        console.print(f"{cell}: {found['entries']} entries, whole; head {found['head'][:16]}…")

    _call(check())


@app.command()
def doctor() -> None:
    """Say what this machine lacks for the local stack, and what to do about it."""
    table = Table("needed", "found", "to do")
    findings = examine(ROOT)
    for finding in findings:
        table.add_row(finding.what, finding.seen, finding.remedy or "nothing")
    console.print(table)
    if any(finding.remedy for finding in findings):
        raise typer.Exit(1)


def _call(work: Awaitable[None]) -> None:
    async def awaited() -> None:
        await work

    try:
        asyncio.run(awaited())
    except (NoStackError, RefusedError, KeyError) as error:
        console.print(f"[red]{error.args[0]}[/red]")
        raise typer.Exit(1) from None
