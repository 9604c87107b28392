"""`corridor operate organisation`, `role`, `proposals`: what two operators change of the directory. One proposes, another confirms."""

from typing import Annotated
from uuid import UUID

import typer

from corridor.console import call, console
from corridor.operate import Cell, DryRun
from deploy.local.people import story

COUNTRY = story().sender.lower()

organisation = typer.Typer(
    help="Add, change, suspend or restore an organisation, by two people.", no_args_is_help=True
)
role = typer.Typer(help="Give a person a role or take it away, by two people.", no_args_is_help=True)

Organisation = Annotated[str, typer.Argument(help=f"For example {COUNTRY}-shelter.")]
Ticket = Annotated[str, typer.Option("--ticket", help="Where the words are, for example OPS-1042.")]
As = Annotated[
    str | None, typer.Option("--as", help="Which operator you are; the cell's `operator` by default.")
]
Proposal = Annotated[UUID, typer.Argument(help="The proposal's id, from `proposals`.")]
Worker = Annotated[str, typer.Argument(help=f"The subject of their tokens, for example {COUNTRY}.worker.")]
StaffRole = Annotated[str, typer.Argument(help="A code of `staff_role`.")]
Role = Annotated[str, typer.Option("--role", help="A code of `recipient_role`.")]
Type = Annotated[str, typer.Option("--type", help="A code of `org_Type`.")]
CasesTo = Annotated[str, typer.Option("--cases-to", help="The supervisor to whose board its cases come.")]
At = Annotated[str, typer.Option("--of", help="The organisation of that supervisor.")]


def who(cell: str, name: str | None) -> str:
    return name or f"{cell.lower()}.operator"


@organisation.command()
def add(
    cell: Cell, name: Organisation, called: Annotated[str, typer.Option("--name")], role: Role, kind: Type, ticket: Ticket,
    operator: As = None,
) -> None:  # fmt: skip
    """Propose that an organisation is added."""
    from corridor import directing

    body = {"change": "add-organisation", "organisation": name, "name": called, "role": role, "type": kind}
    call(directing.propose(who(cell, operator), console(), ticket=ticket, **body))


@organisation.command()
def change(
    cell: Cell, name: Organisation, role: Role, kind: Type, ticket: Ticket,
    status: Annotated[str, typer.Option("--status", help="active, inactive, defunct, temporarily closed.")] = "active",
    operator: As = None,
) -> None:  # fmt: skip
    """Propose another role, type or status of an organisation."""
    from corridor import directing

    body = {
        "change": "change-organisation",
        "organisation": name,
        "role": role,
        "type": kind,
        "status": status,
    }
    call(directing.propose(who(cell, operator), console(), ticket=ticket, **body))


@organisation.command()
def suspend(
    cell: Cell, name: Organisation, cases_to: CasesTo, at: At, ticket: Ticket,
    operator: As = None,
    now: Annotated[bool, typer.Option("--now", help="At once, by your word; another confirms it within 24 hours.")] = False,
) -> None:  # fmt: skip
    """Suspend an organisation: nobody of it reads any more, and its cases come to the supervisor that you name. Both wait for another operator; with --now the cases alone."""
    from corridor import directing

    to = {"ticket": ticket, "cases_to": cases_to, "cases_to_organisation": at}
    if now:
        call(directing.suspend_at_once(who(cell, operator), name, console(), **to))
    else:
        said = {"change": "suspend-organisation", "organisation": name}
        call(directing.propose(who(cell, operator), console(), **to, **said))


@organisation.command()
def restore(cell: Cell, name: Organisation, ticket: Ticket, operator: As = None) -> None:
    """Propose that a suspended organisation works again. Cases that went to somebody else stay there."""
    from corridor import directing

    body = {"change": "restore-organisation", "organisation": name}
    call(directing.propose(who(cell, operator), console(), ticket=ticket, **body))


@role.command()
def give(
    cell: Cell, name: Organisation, worker: Worker, staff_role: StaffRole, ticket: Ticket, operator: As = None
) -> None:
    """Propose that a person gets a role. Their tokens must name it too."""
    _role("give-role", cell, name, worker, staff_role, ticket, operator)


@role.command()
def take(
    cell: Cell, name: Organisation, worker: Worker, staff_role: StaffRole, ticket: Ticket, operator: As = None
) -> None:
    """Propose that a role is taken from a person. Once confirmed it counts no more, whatever their tokens name."""
    _role("take-role", cell, name, worker, staff_role, ticket, operator)


def _role(
    change: str, cell: str, name: str, worker: str, staff_role: str, ticket: str, operator: str | None
) -> None:  # fmt: skip
    from corridor import directing

    body = {"change": change, "organisation": name, "worker": worker, "staff_role": staff_role}
    call(directing.propose(who(cell, operator), console(), ticket=ticket, **body))


def proposals(
    cell: Cell,
    state: Annotated[str | None, typer.Option("--state", help="A code of `proposal_state`.")] = None,
    operator: As = None,
) -> None:
    """Changes of the directory by two people: what waits for whom, and what is overdue."""
    from corridor import directing

    call(directing.proposals(cell, who(cell, operator), state, console()))


def confirm(cell: Cell, proposal: Proposal, operator: As = None, dry_run: DryRun = False) -> None:
    """Confirm what another operator proposed: it is made."""
    from corridor import directing

    call(directing.decide(who(cell, operator), str(proposal), "confirm", console(), dry_run=dry_run))


def withdraw(cell: Cell, proposal: Proposal, operator: As = None, dry_run: DryRun = False) -> None:
    """Withdraw a proposal. A suspension that acts by the word of one person is lifted by this."""
    from corridor import directing

    call(directing.decide(who(cell, operator), str(proposal), "withdraw", console(), dry_run=dry_run))
