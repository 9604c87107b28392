"""`corridor parked CELL`: events that stand still, and another try for them."""

from rich.console import Console
from rich.table import Table

from contracts.catalogue import SERVICES
from corridor.client import Person


async def list_parked(cell: str, console: Console) -> None:
    """Every service of the cell is asked; nothing but metadata is shown."""
    table = Table("service", "source", "stream", "sequence", "reason", "state")
    async with Person(f"{cell.lower()}.operator") as operator:
        for service in SERVICES:
            page = await operator.get(f"/{service}/v1/parked", limit=200)
            for one in page["items"]:
                table.add_row(
                    service, one["source"], one["stream"], str(one["sequence"]), one["reason"], one["state"]
                )
    console.print(table if table.row_count else f"{cell}: nothing is parked.")


async def replay(cell: str, stream: str, console: Console) -> None:
    """Replay the stream in every service where it is parked."""
    async with Person(f"{cell.lower()}.operator") as operator:
        for service in SERVICES:
            page = await operator.get(f"/{service}/v1/parked", limit=200)
            for source in sorted({one["source"] for one in page["items"] if one["stream"] == stream}):
                body = {"source": source, "stream": stream}
                done = await operator.post(f"/{service}/v1/parked/replay", body)
                console.print(f"{service}: {done['replayed']} replayed, {done['still_parked']} still parked")
