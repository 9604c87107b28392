"""`python -m tests.bench.whole.memory`: resident memory of a service in its own process, against an earlier commit, after some cases.

Pages that processes share are divided among those who share them.
"""

import asyncio
import sys
from statistics import median

import uvloop

from deploy.local.testing import Run
from tests.bench.gates import Gate, table
from tests.bench.whole.cells import EARLIER, Tree, both_trees, running
from tests.bench.whole.turn import WARM_UP, clients_of, warm_up
from tests.bench.whole.usage import resident

SERVICES = ("intake", "consent", "referral", "returns", "exchange", "notify", "audit")
"""Those that both commits have."""
GATE = 0.65
FIRST = 100_000
"""The number of the first case here: legs before have played others in the same cells."""


async def taken(tree: Tree) -> float:
    """Megabytes of a service of TH, in the median, after a few cases."""
    async with running(tree, processes=True) as cells, clients_of(cells, 1) as clients:
        await warm_up(cells, clients, iter(range(FIRST - WARM_UP, FIRST)))
        found = resident(cells.pids("TH"))
    return median(found[name] for name in SERVICES)


async def measure(trees: tuple[Tree, Tree]) -> list[Gate]:
    # at the same time, for what a process takes does not depend on who else runs
    now, then = await asyncio.gather(*map(taken, trees))
    print(f"memory          a service in its own process {now:.0f} MB, at {EARLIER} {then:.0f}", flush=True)
    return [Gate(f"memory of a service in its own process, of that at {EARLIER}", now / then, GATE)]


async def main() -> int:
    run = Run.begin()
    try:
        with both_trees(run.directory) as trees:
            gates = await measure(trees)
        print(table(gates))
        return int(not all(gate.reached for gate in gates))
    finally:
        run.end()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main()))
