"""`python -m deploy.compose.provision TH`: prepares a cell's servers for its services; can be run again."""

import asyncio
import os
import sys

from deploy.compose.cell import POSTGRES, ComposedCell
from deploy.local.prepare import prepare_broker, prepare_databases


async def provision(code: str) -> None:
    cell = ComposedCell(code)
    os.environ |= {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(cell.own(POSTGRES) / "authority.pem")}
    await asyncio.gather(prepare_broker(cell), prepare_databases(cell))


if __name__ == "__main__":
    asyncio.run(provision(sys.argv[1]))
