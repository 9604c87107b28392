"""The commands of `corridor`, each with its options and help; the work is done in the modules beside this one."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from corridor import operate_directory
from corridor.agreement_commands import signed_agreement
from corridor.case_name import CaseName
from corridor.console import call, console, troubles
from corridor.distrust_commands import agreement, distrust
from corridor.key_commands import epoch, key, trust
from corridor.machine import machine
from corridor.operate import operate
from corridor.seed.wanted import USUAL, Seeding
from corridor.trust_document_commands import trust_document
from deploy.local.people import story
from deploy.local.place import COUNTRIES, STATE
from deploy.local.trouble import Trouble

SENDER, RECEIVER = story().countries
WORKER, OFFICER = f"{SENDER.lower()}.worker", f"{SENDER.lower()}.officer"

app = typer.Typer(
    help="Corridor on this machine: countries, their services, and a story.", no_args_is_help=True
)
country = typer.Typer(help="The folder of a country.", no_args_is_help=True)
checklist = typer.Typer(help="The file of a checklist or form.", no_args_is_help=True)
app.add_typer(country, name="country")
app.add_typer(checklist, name="checklist")
app.add_typer(epoch, name="epoch")
app.add_typer(key, name="key")
app.add_typer(trust, name="trust")
app.add_typer(signed_agreement, name="agreement")
app.add_typer(machine, name="machine")
app.add_typer(operate, name="operate")
operate.add_typer(operate_directory.organisation, name="organisation")
operate.add_typer(operate_directory.role, name="role")
operate.add_typer(agreement, name="agreement")
operate.add_typer(distrust, name="distrust")
operate.add_typer(trust_document, name="trust")
for command in (operate_directory.proposals, operate_directory.confirm, operate_directory.withdraw):
    operate.command()(command)


class Format(StrEnum):
    """The formats of a file that goes out."""

    CSV = "csv"
    XLSX = "xlsx"
    WORKBOOK = "workbook"


DAY = ["%Y-%m-%d"]
Fresh = Annotated[bool, typer.Option("--fresh", help="Wipe databases, topics and keys first.")]
Processes = Annotated[
    bool, typer.Option("--processes", help="One process for each service, not one for each cell.")
]
Who = Annotated[str, typer.Option("--as", help=f"Who you are, for example {OFFICER}.")]


@app.command()
def up(
    cells: Annotated[
        list[str] | None,
        typer.Argument(help=f"Jurisdictions, ISO 3166-1 codes; {SENDER} {RECEIVER} by default."),
    ] = None,
    fresh: Fresh = False,
    processes: Processes = False,
) -> None:
    """Start the cells and leave them up until Ctrl-C."""
    from corridor.running import run

    with troubles():
        run(
            console(),
            [code.upper() for code in cells or story().countries],
            fresh=fresh,
            processes=processes,
        )


@app.command(
    help=f"Play one case through {SENDER} and {RECEIVER}, on the stack that is up here or on one of its own, which stays up."
)
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="Stop everything at the end of the story.")] = False,
    fresh: Fresh = False,
    processes: Processes = False,
) -> None:
    from corridor import running

    with troubles():
        running.demo(console(), leave=leave, fresh=fresh, processes=processes)


@app.command()
def seed(
    cases: Annotated[int, typer.Option("--cases", min=1, help="How many invented people.")] = USUAL.cases,
    chosen: Annotated[
        int, typer.Option("--seed", help="Another number gives other people, who come besides.")
    ] = USUAL.seed,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, help="How many of them at the same time.")
    ] = USUAL.at_once,
) -> None:
    """Fill the stack that is up with invented people in every state, through the public APIs alone. Run again, it adds nobody twice."""
    from corridor.seeding import sow

    call(sow(Seeding(cases, chosen, at_once), console()))


@app.command("token")
def print_token(name: Annotated[str, typer.Argument(help=f"For example {WORKER}.")]) -> None:
    """Print an access token for one of the stack's invented people (ten minutes) or systems (one)."""
    from corridor.sign_in import token

    with troubles():
        typer.echo(token(name))


@app.command()
def trace(case: CaseName) -> None:
    """Print a case's way through the audit trails of both cells. Development only."""
    from corridor.trace import trace_case

    call(trace_case(case, console()))


@app.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX with HTCDS field names.")
    ],
    who: Who = OFFICER,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and load none.")] = False,
) -> None:
    """Import cases from a file, with a progress bar and an error for each bad row."""
    from corridor.importing import import_file

    call(import_file(file, who, console(), dry_run=dry_run))


@app.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The file to write, for you alone to read.")],
    who: Annotated[str, typer.Option("--as", help=f"Who you are, for example {WORKER}.")] = WORKER,
    form: Annotated[Format, typer.Option("--format", help="`workbook` is the standard's own.")] = Format.CSV,
    opened_from: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="Opened on this day or later.")
    ] = None,
    opened_to: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="Opened on this day or before.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Take the cases that you may take out into a file. Exits 0 whole, 3 where something of them is not in it, 1 without a file."""
    import asyncio

    from corridor.export import export_file

    with troubles():
        days = {"opened_from": opened_from, "opened_to": opened_to}
        wanted = {"format": form.value} | {name: str(day.date()) for name, day in days.items() if day}
        if file.exists() and not force:
            raise Trouble(f"{file} is there already; with --force it is replaced")
        whole = asyncio.run(export_file(file, who, wanted, console()))
    if not whole:
        raise typer.Exit(3)


@app.command()
def verify(cell: Annotated[str, typer.Argument(help=f"The jurisdiction, for example {RECEIVER}.")]) -> None:
    """Recompute the audit log of a cell from its leaves and compare it with its head."""
    from corridor.verifying import verify_chain

    call(verify_chain(cell.upper(), console()))


@app.command("check-export")
def check_export_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines or CSV, as exported.")
    ],
) -> None:
    """Check an export of an audit log offline: its hashes, its count, and that every entry is whole, was asked for and stands in order."""
    from corridor.exported import check_export

    with troubles():
        check_export(file, console())


@app.command("check-extract")
def check_extract_command(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="As exchange hands it out: one signed text a line."),
    ],
    trust_list: Annotated[
        Path, typer.Option("--trust-list", help="The signed list of keys; of the local stack by default.")
    ] = STATE / "border" / "trust.json",
    governance: Annotated[Path, typer.Option("--governance", help="The keys that sign that list.")] = STATE
    / "border"
    / "governance.jwks.json",
) -> None:
    """Check an extract of the partner's audit log offline: who signed it, that all of it is here, and that every entry stands in that log."""
    from corridor.extracted import check_extract

    with troubles():
        check_extract(file, trust_list, governance, console())


@app.command()
def status(
    cell: Annotated[str, typer.Argument(help=f"The jurisdiction, for example {SENDER}.")],
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Every service, queue and partner of a cell, the trust list, and which alarms ring. Exits 0 healthy, 2 degraded, 3 failing."""
    import asyncio

    from corridor.status import show_status

    with troubles():
        code = asyncio.run(show_status(cell.upper(), console(), as_json=as_json))
    if code:
        raise typer.Exit(code)


Key = Annotated[
    Path, typer.Option("--key", help="A file with 32 random bytes in base64, kept elsewhere than the backup.")
]
Code = Annotated[str, typer.Argument(help=f"The jurisdiction, for example {SENDER}.")]


@app.command()
def backup(cell: Code, file: Annotated[Path, typer.Argument(help="The file to write.")], key: Key) -> None:
    """Put a running cell of this machine into one sealed file: its databases at one moment, and its keys."""
    from deploy.local.backup import back_up
    from deploy.local.place import STATE

    with troubles():
        back_up(STATE, cell.upper(), file, key)
        console().print(f"cell {cell.upper()} is in {file}", markup=False, soft_wrap=True)


@app.command()
def restore(
    cell: Code,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")],
    key: Key,
) -> None:
    """Make a cell again from its backup, where nothing is left of it; `corridor up` then starts it."""
    from deploy.local.backup import bring_back
    from deploy.local.place import STATE

    with troubles():
        erased = bring_back(STATE, cell.upper(), file, key)
        console().print(
            f"cell {cell.upper()} is restored; erasures in its ledger: {erased}; start it with: corridor up",
            soft_wrap=True,
        )


@country.command("check")
def check(
    code: Annotated[str, typer.Argument(help=f"Its code of ISO 3166-1, for example {RECEIVER}.")],
    folder: Annotated[Path, typer.Option("--folder", help="Where the countries' folders are.")] = COUNTRIES,
) -> None:
    """Say whether a country's folder is whole, with a line for each mistake."""
    from corridor.country import check_country

    with troubles():
        check_country(code.upper(), folder, console())


@country.command("holidays")
def holidays(
    code: Annotated[str, typer.Argument(help=f"Its code of ISO 3166-1, for example {RECEIVER}.")],
    years: Annotated[list[int], typer.Argument(help="The years.")],
) -> None:
    """Print a country's public holidays as its calendar.json has them."""
    from corridor.country import print_holidays

    with troubles():
        print_holidays(code.upper(), years, console())


@checklist.command("check")
def check_list(file: Annotated[Path, typer.Argument(dir_okay=False, help="The file, as JSON.")]) -> None:
    """Say whether a checklist's file is whole, with a line for each mistake that begins with its place."""
    from corridor.checklist import check_checklist

    with troubles():
        check_checklist(file, console())


@checklist.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An XLSForm as .xlsx.")],
    to: Annotated[Path, typer.Option("--to", help="The file to write.")],
    code: Annotated[str, typer.Option("--code", help="The code of the form.")] = "htcds-survey",
    version: Annotated[str, typer.Option("--version", help="Its version.")] = "1",
) -> None:
    """Make a form of an XLSForm, with a line for each row of which something could not be taken."""
    from corridor.checklist import import_checklist

    with troubles():
        import_checklist(file, to, code, version, console())


@app.command()
def doctor() -> None:
    """Say which parts of the local stack this machine lacks, and how to get them."""
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
