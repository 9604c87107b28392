"""The commands about the keys of this machine's cells: `corridor epoch`, `corridor trust` and `corridor key`."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corridor.console import console, troubles
from corridor.operate_directory import As, who
from deploy.local.people import story
from deploy.local.place import STATE

if TYPE_CHECKING:
    from deploy.local.trust import TrustFiles

epoch = typer.Typer(help="The wrapping keys of a cell's vault.", no_args_is_help=True)
trust = typer.Typer(
    help="The trust list of this machine's cells, which two holders of governance keys sign.",
    no_args_is_help=True,
)
key = typer.Typer(help="The keys of organisations.", no_args_is_help=True)
GOVERNANCE = STATE / "border" / "governance"


class KeyUse(StrEnum):
    """The uses of an organisation's key."""

    SIGN = "sign"
    AGREE = "agree"


Signers = Annotated[
    list[Path],
    typer.Option("--sign", help="A holder's key. With one, it waits for another's `corridor trust confirm`."),
]
BOTH = [GOVERNANCE / "1.jwk.json", GOVERNANCE / "2.jwk.json"]
Instant = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%dT%H:%M"], help="UTC: nothing that it signed later counts."),
]


@epoch.command("end")
def end_epoch(
    cell: Annotated[str, typer.Argument(help=f"The jurisdiction, for example {story().sender}.")],
    copy: Annotated[
        Path, typer.Option("--copy", help="The copy of the wrapping keys, on another disk than the cell's.")
    ],
    backup: Annotated[Path, typer.Option("--backup", help="The file for a backup that is made on the way.")],
    key: Annotated[Path, typer.Option("--key", help="The key of that backup.")],
    operator: As = None,
) -> None:
    """End the present key epoch of a running cell: a new wrapping key, everybody's key wrapped anew, a backup, and the old wrapping key
    destroyed with every erasure of its time. Nobody notices; no earlier backup opens any more.
    """
    from chassis.clock import utc_now
    from deploy.local.epoch_end import end_present_epoch

    with troubles():
        by = who(cell, operator)
        done = end_present_epoch(STATE, cell.upper(), by, copy, backup, key, utc_now())
        wrapped_anew = sum(one.wrapped_anew for one in done.ended.values())
        erasures = sum(one.erasures for one in done.ended.values())
        say(
            f"{cell.upper()}: {', '.join(done.ended)} ended and {done.current} began; {wrapped_anew} keys were wrapped anew,"
            f" {erasures} erasures are complete. Destroy every other copy of the old wrapping key, and every backup before {backup}."
        )


@trust.command("show")
def show_trust() -> None:
    """The list in force, its age, and every key with its end; what waits for a second signature."""
    from chassis.clock import utc_now
    from corridor.operating import shown
    from deploy.local import governance

    with troubles():
        document, now = governance.in_force(border_files()), utc_now()
        age = now - datetime.fromisoformat(document["issued"])
        say(f"version {document['version']}, vouched for {age} ago; after 24 hours nothing crosses a border")
        shown(
            console(),
            ("organisation", "use", "kid", "until", "note"),
            list(_rows(document, now)),
            "no key",
        )
        if (border_files().directory / governance.PROPOSED).exists():
            waiting = governance.proposal(border_files())["document"]["version"]
            say(f"version {waiting} waits for a second holder: corridor trust confirm")


@trust.command("renew")
def renew_trust(
    sign: Signers = BOTH,
    lost: Annotated[str | None, typer.Option("--lost", help="The thumbprint of a key that was lost.")] = None,
    since: Instant = None,
    add: Annotated[
        Path | None, typer.Option("--add", help="A key's entry, as `corridor key new` printed it.")
    ] = None,
) -> None:
    """Vouch for the trust list anew, while every cell runs; with --lost a key is taken off it for good, with --add one comes to it."""
    from chassis.clock import utc_now
    from deploy.local import governance

    with troubles():
        now = utc_now()
        when = now if since is None else since.replace(tzinfo=UTC)
        changes = governance.Changes(
            added=[] if add is None else [governance.entry_in(add)],
            lost=[] if lost is None else [(lost, when)],
        )
        acts = governance.renew(border_files(), [governance.signing_key(file) for file in sign], changes, now)
        say(
            "in force; every cell reads it within seconds"
            if acts
            else "it waits for a second holder: corridor trust confirm"
        )


@trust.command("confirm")
def confirm_trust(
    sign: Annotated[Path, typer.Option("--sign", help="The second holder's key.")] = BOTH[1],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come into force.")] = False,
) -> None:
    """Sign what another holder signed, and put it in force. Shows first what changes."""
    from contracts.border.differences import list_differences
    from contracts.border.governed import trust_list_of
    from deploy.local import governance

    with troubles():
        before, waiting = governance.in_force(border_files()), governance.proposal(border_files())
        for line in list_differences(trust_list_of(before), trust_list_of(waiting["document"])):
            say(line)
        if not dry_run:
            governance.confirm(border_files(), waiting, governance.signing_key(sign))
            say("in force; every cell reads it within seconds")


@key.command("new", context_settings={"ignore_unknown_options": True})  # a thumbprint may begin with -
def new_key(
    organisation: Annotated[str, typer.Argument(help=f"For example {story().sender.lower()}-exchange.")],
    use: Annotated[KeyUse, typer.Argument(help="`sign` or `agree` (what is sealed to it).")],
    former: Annotated[str, typer.Argument(help="The thumbprint of the key in whose place it comes.")],
    to: Annotated[
        Path, typer.Option("--to", help="The file for its entry, for the holders of governance keys.")
    ],
    follows: Annotated[
        bool,
        typer.Option("--follows", help="The former one ends and was not lost: it is used for an hour more."),
    ] = False,
) -> None:
    """Make a new key in the place of one that was lost or that ends, in its cell's own folder. Read its thumbprint to whoever adds it to the
    list.
    """
    import json

    from chassis.clock import utc_now
    from deploy.local import governance

    with troubles():
        entry = governance.replacement(
            border_files(), organisation, use.value, former, utc_now(), follows=follows
        )
        to.write_text(json.dumps({"organisation": organisation, "key": entry}, indent=2))
        say(
            f"{organisation} {use.value} {entry['kid']}: its entry is in {to}; its private half has not left its folder"
        )


def _rows(document: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    from deploy.local.trust import ends_soon

    rows = [
        {
            **key,
            "organisation": one["id"],
            "until": key["not_after"],
            "note": "ENDS SOON" if ends_soon(key, now) else "",
        }
        for one in document["organisations"]
        for key in one["keys"]
    ]
    rows += [{**key, "until": key["since"], "note": "LOST"} for key in document.get("lost", [])]
    return [{**row, "until": row["until"][:10]} for row in rows]


def border_files() -> "TrustFiles":
    from deploy.local.trust import TrustFiles

    return TrustFiles(STATE / "border")


def say(text: str) -> None:
    console().print(text, markup=False, soft_wrap=True)
