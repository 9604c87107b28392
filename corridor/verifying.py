"""`corridor verify CELL`: a cell's audit log, computed anew from its leaves."""

import asyncio
import time
from typing import Any

from rich.console import Console

from corridor.client import Person
from deploy.local.patience import stretched
from deploy.local.trouble import Trouble

LOOK_EVERY_S, SAY_EVERY_S = 0.2, 5.0
UNMOVED_S = 60.0
"""The seconds that a verification may stand still before the command stops waiting for it."""


class BrokenChainError(Trouble):
    """The leaves of the audit log do not give its head."""


class UnverifiedError(Trouble):
    """The log was not computed to its end, which says nothing about it."""


async def verified(auditor: Person, console: Console | None = None) -> dict[str, Any]:
    """Let the service compute its log, and wait for the result. Raises UnverifiedError where none comes."""
    path = "/audit/v1/chain/verifications"
    begun = await auditor.post(path)
    entries, moved, said = -1, time.monotonic(), time.monotonic()
    while True:
        found: dict[str, Any] = await auditor.get(f"{path}/{begun['id']}")
        if found["state"] in {"whole", "broken"}:
            return found
        now = time.monotonic()
        if found["entries"] != entries:
            entries, moved = found["entries"], now
        if found["state"] != "running" or now > moved + stretched(UNMOVED_S):
            raise UnverifiedError(f"verification {begun['id']} is {found['state']} at entry {entries}")
        if console is not None and now > said + SAY_EVERY_S:
            console.print(f"{entries} of {found['until']} entries")
            said = now
        await asyncio.sleep(LOOK_EVERY_S)


async def verify_chain(cell: str, console: Console) -> None:
    """Verify the log of a cell. Raises BrokenChainError where the leaves do not give the head."""
    async with Person(f"{cell.lower()}.auditor") as auditor:
        found = await verified(auditor, console)
    if found["state"] == "broken":
        raise BrokenChainError(f"{cell}: broken at entry {found['first_broken']}")
    console.print(f"{cell}: {found['entries']} entries, whole; head {found['head'][:16]}…")
