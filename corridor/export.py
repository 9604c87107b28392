"""`corridor export FILE`: takes the cases that somebody may take out into a file of this machine."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from corridor.client import Person, RefusedError
from corridor.progress import Counter
from deploy.local.trouble import Trouble

POLL_S = 0.3
EXPORTS = "/interchange/v1/exports"


class ExportFailedError(Trouble):
    """The file was not made, or is gone before it was fetched."""


async def export_file(file: Path, who: str, wanted: Mapping[str, str | None], console: Console) -> bool:
    """Ask for the file as it is `wanted`, wait until it is ready, keep it for this user alone, and have the service destroy its own copy.

    True where everything that is known is in it. Whatever ends this early, once the service has begun, ends the export too. What the service is not told to destroy
    (it does not answer, or this process is killed) it destroys by itself half an hour after it was made.
    """
    await asyncio.to_thread(_part(file).unlink, missing_ok=True)
    async with Person(who) as person:
        begun = await person.post(EXPORTS, dict(wanted))
        path = f"{EXPORTS}/{begun['id']}"
        try:
            made = await _until_made(person, path, console)
            content = await person.content(f"{path}/file")
            await asyncio.to_thread(_keep, file, content)
        finally:
            await _destroy(person, path, console)
    console.print(f"{made['cases']} cases are in {file}.", markup=False, soft_wrap=True)
    for lost in made["lost"]:
        console.print(f"  not in it, or not as it is known: {lost['field']} of {lost['cases']} cases")
    return not made["lost"]


async def _until_made(person: Person, path: str, console: Console) -> Any:
    with Counter(console, "Gathering cases") as counter:
        while True:
            state = await person.get(path)
            counter.at(state["cases"])
            if state["state"] == "ready":
                return state
            if state["state"] != "running":
                raise ExportFailedError(f"no file was made: {state['reason'] or state['state']}")
            await asyncio.sleep(POLL_S)


async def _destroy(person: Person, path: str, console: Console) -> None:
    """Have the service destroy its own copy. That it does not answer changes nothing of the file that is kept."""
    try:
        await person.delete(path)
    except RefusedError:
        return  # it failed, or is gone already
    except Trouble as error:
        console.print(
            f"the service's own copy is destroyed in half an hour, and not now: {error}", markup=False
        )


def _part(file: Path) -> Path:
    """The place of a file that is being written. A process that is killed meanwhile leaves it, in clear, until the next export to the same file."""
    return file.with_name(f".{file.name}.part")


def _keep(file: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by this user alone from its first byte on."""
    new = _part(file)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
