"""`corridor machine`: the systems of a cell of this machine, and the keys with which they sign in at its local issuer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.console import console, troubles
from deploy.local.people import load_machines, story

if TYPE_CHECKING:
    from deploy.local.machine_keys import MachineKeys

EXAMPLE = next(one.name for one in load_machines(story().sender))
machine = typer.Typer(
    help="The systems of a cell that send and fetch by themselves, and their keys.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help=f"The machine, for example {EXAMPLE}.")]


@machine.command("list")
def list_command(
    cell: Annotated[str, typer.Argument(help=f"The jurisdiction, for example {story().sender}.")],
) -> None:
    """Every machine of a cell with its organisation, its roles and the thumbprints of its keys."""
    from rich.table import Table

    with troubles():
        table = Table("machine", "organisation", "roles", "keys")
        for one in load_machines(cell.upper()):
            table.add_row(one.name, one.org, ", ".join(one.roles), "\n".join(_keys(one.name).of(one.name)))
        console().print(table)


@machine.command("add-key")
def add_key(
    name: Name,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Its public key, PEM or JWK.")],
) -> None:
    """Let a machine sign in with a key: Ed25519 or P-256, two at once. Prints the key's thumbprint."""
    from deploy.local.machine_keys import read_public

    with troubles():
        typer.echo(_keys(name).add(name.lower(), read_public(file)))


@machine.command("remove-key", context_settings={"ignore_unknown_options": True})  # one may begin with -
def remove_key(name: Name, thumbprint: Annotated[str, typer.Argument(help="As `list` shows it.")]) -> None:
    """Take a key away, at once: nothing signed with it is taken any more."""
    with troubles():
        _keys(name).remove(name.lower(), thumbprint)
        console().print(
            f"{name.lower()} has this key no more; tokens that it was given live a minute at most."
        )


def _keys(name: str) -> "MachineKeys":
    """The keys of the machine's cell. Raises NobodyError for a machine without an account."""
    from corridor.sign_in import NobodyError, address, cell_of
    from deploy.local.machine_keys import KEYS_FILE, MachineKeys
    from deploy.local.place import STATE

    known = [one.name for one in load_machines(cell_of(name))]
    if name.lower() not in known:
        raise NobodyError(f"no machine is called {name.lower()}; there are: {', '.join(known) or 'none'}")
    return MachineKeys(address(cell_of(name), STATE).keys / KEYS_FILE)
