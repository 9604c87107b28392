"""`corridor operate trust`: documents that governance signed, put into a running cell by two operators."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from corridor.console import call, console, troubles
from corridor.operate import Cell, DryRun
from corridor.operate_directory import As, Ticket, who

trust_document = typer.Typer(
    help="Trust lists and agreements that governance signed, put into a running cell.", no_args_is_help=True
)
Document = Annotated[UUID, typer.Argument(help="Its id, from `corridor operate trust list`.")]


@trust_document.command("list")
def list_documents(cell: Cell, operator: As = None) -> None:
    """The documents that were put in: what waits for a second person, and what was confirmed."""
    from corridor import trusting

    call(trusting.documents(cell, who(cell, operator), console()))


@trust_document.command("propose")
def propose_document(
    cell: Cell,
    file: Annotated[Path, typer.Argument(help="The file that two holders of governance keys signed.")],
    ticket: Ticket,
    operator: As = None,
) -> None:
    """Put in a trust list or a version of an agreement. Nothing of it counts until another operator confirms it."""
    from corridor import trusting

    with troubles():
        signed = trusting.signed_in(file)
    call(trusting.propose(who(cell, operator), signed, ticket, console()))


@trust_document.command("confirm")
def confirm_document(cell: Cell, document: Document, operator: As = None, dry_run: DryRun = False) -> None:
    """Confirm what another operator put in. Shows first what it changes of what is in force."""
    from corridor import trusting

    call(trusting.decide(who(cell, operator), str(document), "confirm", console(), dry_run=dry_run))


@trust_document.command("withdraw")
def withdraw_document(cell: Cell, document: Document, operator: As = None, dry_run: DryRun = False) -> None:
    """Withdraw what waits."""
    from corridor import trusting

    call(trusting.decide(who(cell, operator), str(document), "withdraw", console(), dry_run=dry_run))
