"""The commands about the keys of this machine's cells: `corridor epoch`."""

from pathlib import Path
from typing import Annotated

import typer

from corridor.console import console, troubles
from deploy.local.people import story

epoch = typer.Typer(help="The wrapping keys of a cell's vault.", no_args_is_help=True)


@epoch.command("end")
def end_epoch(
    cell: Annotated[str, typer.Argument(help=f"The jurisdiction, for example {story().sender}.")],
    copy: Annotated[
        Path, typer.Option("--copy", help="The copy of the wrapping keys, on another disk than the cell's.")
    ],
    backup: Annotated[Path, typer.Option("--backup", help="The file for a backup that is made on the way.")],
    key: Annotated[Path, typer.Option("--key", help="The key of that backup.")],
) -> None:
    """End the present key epoch of a running cell: a new wrapping key, everybody's key wrapped anew, a backup, and the old wrapping key
    destroyed with every erasure of its time. Nobody notices; no earlier backup opens any more.
    """
    from chassis.clock import utc_now
    from deploy.local.epoch_end import end_present_epoch
    from deploy.local.place import STATE

    with troubles():
        done = end_present_epoch(STATE, cell.upper(), copy, backup, key, utc_now().date())
        console().print(
            f"{cell.upper()}: {', '.join(done.ended)} ended and {done.current} began; {done.wrapped_anew} keys were wrapped anew,"
            f" {done.erasures} erasures are complete. Destroy every other copy of the old wrapping key, and every backup before {backup}.",
            markup=False,
            soft_wrap=True,
        )
