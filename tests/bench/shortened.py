"""What takes hours whole, in the time that `make bench` has: some lives of the replay, and a case among twenty thousand in place of a million.

The figures of the last runs that were whole stand beside them in the table (`tests/bench/recorded.py`).
"""

import itertools

import asyncpg

from tests.bench import replay
from tests.bench.gates import Gate
from tests.bench.volume import reads
from tests.bench.volume.population import Population, asked, gates
from tests.bench.whole.cells import Running, Tree, running
from tests.bench.whole.turn import WARM_UP

LIVES, CASES, CLIENTS, MANY = 120, 60, 8, 20_000
FIRST = 200_000
"""The number of the first case here: legs before have played others in the same cells."""
COUNT = "select count(*) from intake.cases"


async def measure(tree: Tree, then_rate: float) -> list[Gate]:
    """Print each figure, and answer what they come to. `then_rate`: whole cases a second of the earlier commit in this run.

    What the turn among those that are there leaves is copied, and the same turn is played among many.
    """
    numbers = itertools.count(FIRST)
    async with running(tree, counting=True) as cells:
        took, astray = await replay.lived(cells, LIVES)
        found = replay.gates(LIVES, took, astray, replay.LIVES / then_rate)
        few, most = Population(await _there(cells), tree), Population(MANY, tree)
        first, databases = await asked(cells)
        await few.measure(cells, numbers, CASES, CLIENTS)
    await most.copied(first, databases, CASES + WARM_UP * CLIENTS)
    await most.turn(numbers, CASES, CLIENTS)
    return [*found, *gates(few, most)]


async def _there(cells: Running) -> int:
    connection = await asyncpg.connect(cells.dsn(reads.CELL, "intake"))
    try:
        return int(await connection.fetchval(COUNT))
    finally:
        await connection.close()
