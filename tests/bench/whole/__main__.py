"""`python -m tests.bench.whole`: one person's whole case over two cells, in turns on this tree, on an earlier commit, on the floor and on the peer.

Prints for each turn the cases a second, the CPU that one case costs in cells, brokers and databases, and how long it takes across the border when
nothing else runs. Ratios of one run hold; absolute figures belong to the machine. Exits with 1 when a gate or the judge fails.
"""

import argparse
import asyncio
import sys

import uvloop

from deploy.local.testing import Run
from tests.bench.gates import table
from tests.bench.whole.cells import both_trees
from tests.bench.whole.comparison import measure
from tests.bench.whole.turn import Plan


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        with both_trees(run.directory) as trees:
            gates = (await measure(trees, Plan(told.alone, told.cases, told.clients), told.rounds)).gates
        print(table(gates))
        return int(not all(gate.reached for gate in gates))
    finally:
        run.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--alone", type=int, default=15, help="cases one after another, for the crossing")
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--clients", type=int, default=8)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
