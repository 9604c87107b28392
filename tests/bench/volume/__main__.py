"""`python -m tests.bench.volume`: whole cases among few and among many: what a million cases that lie in the tables cost the next one.

For each number of cases two cells are brought up and some cases played, so that every row of theirs is one that the product wrote. They are copied by SQL in the
sending cell until there are so many. Then the same script is played in turns among each number. With `--keep` a folder holds what was filled, for another run.
"""

import argparse
import asyncio
import itertools
import sys
import time
from pathlib import Path

import uvloop

from deploy.local.place import ROOT, opened
from deploy.local.testing import Run
from tests.bench.gates import table
from tests.bench.recorded import record
from tests.bench.volume import reads
from tests.bench.volume.population import Population, gates
from tests.bench.whole.cells import Tree


async def main(told: argparse.Namespace) -> int:
    run, numbers = Run.begin(), itertools.count(int(time.time()))
    folder = told.keep or run.directory
    if not folder.exists():
        folder.mkdir(parents=True)
        opened(folder)
    populations = [Population(size, Tree("now", ROOT, folder / str(size))) for size in sorted(told.sizes)]
    try:
        for one in populations:
            await one.fill(numbers)
        for _ in range(told.rounds):
            for one in populations:
                await one.turn(numbers, told.cases, told.clients)
    finally:
        run.end()
    few = populations[0]
    shown = [gate for one in populations[1:] for gate in gates(few, one)]
    for one in populations[1:]:
        print(
            f"statements that read most more among {one.size:,}:\n{reads.grown(few.reads[-1], one.reads[-1])}"
        )
    print(table(shown))
    if told.record:
        record("volume", shown)
    return int(not all(gate.reached for gate in shown))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.volume", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--cases", type=int, default=100, help="that are played among each, in each round")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--record", action="store_true", help="keep the figures for the table of make bench")
    parser.add_argument("--keep", type=Path, help="a folder in which filled cells stay for the next run")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
