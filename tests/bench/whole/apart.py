"""`python -m tests.bench.whole.apart`: whole cases where a cell is one process, and where each of its services is one, in turns.

Prints for each turn the cases a second and the CPU of a case, and last what processes of their own give and cost, as ratios of the medians.
"""

import argparse
import asyncio
import itertools
import os
import sys
from statistics import median

import uvloop

from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.whole.cells import Tree, running
from tests.bench.whole.turn import Measured, clients_of, many, warm_up


async def main(told: argparse.Namespace) -> int:
    run, numbers = Run.begin(), itertools.count(1)
    found: dict[bool, list[Measured]] = {False: [], True: []}
    try:
        tree = Tree("now", ROOT, run.directory / "now")
        for processes in [False, True] * told.rounds:
            async with (
                running(tree, processes=processes) as cells,
                clients_of(cells, told.clients) as clients,
            ):
                await warm_up(cells, clients, numbers)
                one = await many(cells, clients, list(itertools.islice(numbers, told.cases)))
            found[processes].append(one)
            kind = "each service a process" if processes else "the cell one process"
            print(
                f"{kind:<24}{one.rate:6.2f} cases/s, {one.each * 1000:.0f} ms of CPU a case, load {one.load:.1f}",
                flush=True,
            )
    finally:
        run.end()
    rate, cpu = (
        median(getattr(one, name) for one in found[True]) / median(getattr(one, name) for one in found[False])
        for name in ("rate", "each")
    )
    print(
        f"apart           {rate:.2f} of the cases a second, {cpu:.2f} of the CPU a case, {os.cpu_count()} cores"
    )
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole.apart", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--clients", type=int, default=8)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
