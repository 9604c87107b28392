"""`python -m deploy.compose.provision TH`: brings a cell's servers to what its services need; can be run again."""

import asyncio
import sys

from deploy.compose.cell import ComposedCell
from deploy.local.prepare import prepare_broker, prepare_databases


async def provision(code: str) -> None:
    cell = ComposedCell(code)
    await asyncio.gather(prepare_broker(cell), prepare_databases(cell))


if __name__ == "__main__":
    asyncio.run(provision(sys.argv[1]))
