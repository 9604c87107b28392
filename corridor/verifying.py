"""`corridor verify CELL`: a cell's audit log, computed anew from its leaves."""

from rich.console import Console

from corridor.client import Person
from deploy.local.trouble import Trouble


class BrokenChainError(Trouble):
    """The audit log is not what its head says."""


async def verify_chain(cell: str, console: Console) -> None:
    """Raises BrokenChainError where the leaves do not give the head."""
    async with Person(f"{cell.lower()}.auditor") as auditor:
        found = await auditor.get("/audit/v1/chain/verification")
    if not found["intact"]:
        raise BrokenChainError(f"{cell}: broken at entry {found['first_broken']}")
    console.print(f"{cell}: {found['entries']} entries, whole; head {found['head'][:16]}…")
