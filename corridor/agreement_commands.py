"""`corridor agreement`: agreements of this machine's cells, which two holders of governance keys sign."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from corridor.console import console, troubles
from corridor.key_commands import BOTH, border_files, say

signed_agreement = typer.Typer(
    help="The agreements of this machine's cells, which two holders of governance keys sign.",
    no_args_is_help=True,
)
COLUMNS = ("id", "version", "cells", "from", "until", "note")
Signers = Annotated[
    list[Path],
    typer.Option(
        "--sign", help="A holder's key. With one, it waits for another's `corridor agreement confirm`."
    ),
]
Name = Annotated[str, typer.Argument(help="The agreement, from `corridor agreement show`.")]


@signed_agreement.command("show")
def show_agreements(
    name: Annotated[str | None, typer.Argument(help="One agreement: its terms, to copy into a file.")] = None,
) -> None:
    """Every version of every agreement, and what waits for a second signature; of one, the terms in force."""
    from chassis.clock import utc_now
    from corridor.operating import shown
    from deploy.local import agreeing

    with troubles():
        files = border_files()
        if name is not None:
            console().print_json(data=agreeing.in_force(files, name, utc_now()))
            return
        shown(console(), COLUMNS, [_row(one, utc_now()) for one in agreeing.versions(files)], "no agreement")
        for waiting in agreeing.proposed(files):
            say(f"a version of {waiting} waits for a second holder: corridor agreement confirm {waiting}")


@signed_agreement.command("propose")
def propose_agreement(
    terms: Annotated[
        Path, typer.Argument(help="The terms, in the form that `corridor agreement show NAME` prints.")
    ],
    sign: Signers = BOTH,
) -> None:
    """Sign the next version of an agreement, or the first of a new one, while every cell runs. A narrower one takes back what was
    disclosed under the wider one.
    """
    from chassis.clock import utc_now
    from deploy.local import agreeing, governance

    with troubles():
        files, asked = border_files(), agreeing.terms_in(terms)
        document = agreeing.following(files, asked)
        _say_differences(agreeing.in_force(files, document["id"], utc_now()), document)
        acts = agreeing.propose(files, asked, [governance.signing_key(file) for file in sign])
        say(SIGNED if acts else f"it waits for a second holder: corridor agreement confirm {document['id']}")


@signed_agreement.command("confirm")
def confirm_agreement(
    name: Name,
    sign: Annotated[Path, typer.Option("--sign", help="The second holder's key.")] = BOTH[1],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come into force.")] = False,
) -> None:
    """Sign what another holder signed. Shows first what differs from the version in force."""
    from chassis.clock import utc_now
    from deploy.local import agreeing, governance

    with troubles():
        files = border_files()
        waiting = agreeing.proposal(files, name)
        _say_differences(agreeing.in_force(files, name, utc_now()), waiting["document"])
        if not dry_run:
            agreeing.confirm(files, waiting, governance.signing_key(sign))
            say(SIGNED)


SIGNED = "signed by two; every cell of it reads it within seconds, and it counts from its beginning"


def _say_differences(before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    from contracts.border.differences import agreement_differences
    from contracts.border.governed import agreement_of

    for line in agreement_differences(None if before is None else agreement_of(before), agreement_of(after)):
        say(line)


def _row(document: dict[str, Any], now: datetime) -> dict[str, Any]:
    begun, over = (datetime.fromisoformat(document[name]) <= now for name in ("valid_from", "valid_until"))
    return {
        **document,
        "cells": " ".join(document["cells"]),
        "from": document["valid_from"][:10],
        "until": document["valid_until"][:10],
        "note": "ENDED" if over else "" if begun else "to come",
    }
