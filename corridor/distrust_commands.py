"""`corridor key list`, `corridor key lost`, `corridor operate agreement` and `distrust`: what counts no more in a cell, by two operators."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from corridor.console import call, console
from corridor.key_commands import key
from corridor.operate import Cell, DryRun
from corridor.operate_directory import As, Ticket, who

agreement = typer.Typer(help="Suspend an agreement in a cell.", no_args_is_help=True)
distrust = typer.Typer(
    help="Keys and agreements that count no more in a cell, and the second person's word.",
    no_args_is_help=True,
)
Distrust = Annotated[UUID, typer.Argument(help="Its id, from `corridor operate distrust list`.")]


@key.command("list")
def list_keys(cell: Cell, operator: As = None) -> None:
    """The keys of the trust list as a cell has read it, with their thumbprints, and which were lost."""
    from corridor import distrusting

    call(distrusting.keys(who(cell, operator), console()))


@key.command("lost", context_settings={"ignore_unknown_options": True})  # a thumbprint may begin with -
def lose_key(
    cell: Cell,
    kid: Annotated[str, typer.Argument(help="Its thumbprint, from `corridor key list`.")],
    since: Annotated[
        datetime,
        typer.Option("--since", formats=["%Y-%m-%dT%H:%M"], help="UTC: what it signed since is listed."),
    ],
    ticket: Ticket,
    operator: As = None,
) -> None:
    """A key was lost, a partner's or the cell's own: from now on nothing is sealed to it and nothing that it signs counts. Lists what was
    sealed to it, and what came signed with it since.
    """
    from corridor import distrusting

    at = since.replace(tzinfo=UTC).isoformat()
    call(distrusting.lose(who(cell, operator), kid, at, ticket, console()))


@agreement.command("suspend")
def suspend_agreement(
    cell: Cell,
    name: Annotated[str, typer.Argument(help="From `corridor operate agreements`.")],
    ticket: Ticket,
    operator: As = None,
) -> None:
    """From now on nothing is sealed or taken in under its present version. What was disclosed is not taken back."""
    from corridor import distrusting

    call(distrusting.suspend(who(cell, operator), name, ticket, console()))


@distrust.command("list")
def list_distrusts(cell: Cell, operator: As = None) -> None:
    """All that counts no more, what waits for a second person, and what is overdue."""
    from corridor import distrusting

    call(distrusting.distrusts(cell, who(cell, operator), console()))


@distrust.command("envelopes")
def list_envelopes(cell: Cell, name: Distrust, operator: As = None) -> None:
    """The envelopes sealed to a lost key or signed with it, and those that came signed with it since; never their content."""
    from corridor import distrusting

    call(distrusting.touched(who(cell, operator), str(name), console()))


@distrust.command("confirm")
def confirm_distrust(cell: Cell, name: Distrust, operator: As = None, dry_run: DryRun = False) -> None:
    """Confirm what another operator declared: nobody lifts it any more."""
    from corridor import distrusting

    call(distrusting.decide(who(cell, operator), str(name), "confirm", console(), dry_run=dry_run))


@distrust.command("withdraw")
def withdraw_distrust(cell: Cell, name: Distrust, operator: As = None, dry_run: DryRun = False) -> None:
    """Lift what another operator declared: it was a mistake."""
    from corridor import distrusting

    call(distrusting.decide(who(cell, operator), str(name), "withdraw", console(), dry_run=dry_run))
