"""`python -m tests.bench.volume`: whole cases among few and among many: what a million cases that lie in the tables cost the next one.

For each number of cases two cells are brought up and some cases played, so that every row of theirs is one that the product wrote. They are copied by SQL in the
sending cell until there are so many. Then the same script is played in turns among each number. With `--keep` a folder holds what was filled, for another run.
"""

import argparse
import asyncio
import itertools
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import asyncpg
import uvloop

from deploy.local import postgres
from deploy.local.cell import Cell
from deploy.local.place import ROOT, opened
from deploy.local.testing import Run
from tests.bench.gates import Gate, table
from tests.bench.volume import copies, reads
from tests.bench.volume.reads import Reads
from tests.bench.whole.cells import CELLS, Running, Tree, running
from tests.bench.whole.turn import Measured, clients_of, many, play, rest, warm_up

GATE, SOURCE, FILLERS = 0.80, 20, 4
"""The gate; the cases that are played to be copied, and by how many clients."""
DATABASES = "select datname from pg_database where not datistemplate and datname <> 'postgres'"


@dataclass(slots=True)
class Population:
    """Two cells with so many cases in the one that sends, and what was measured there."""

    size: int
    tree: Tree
    found: list[Measured] = field(default_factory=list)
    reads: list[dict[tuple[str, str], Reads]] = field(default_factory=list)

    @property
    def filled(self) -> Path:
        """A file that says that the cells are filled, and with how many bytes."""
        return self.tree.state.with_suffix(".filled")

    @property
    def pages(self) -> float:
        """The pages that all statements of a case read, in the median of the turns."""
        return median(sum(turn.values(), Reads()).pages for turn in self.reads)

    def middle(self, name: str) -> float:
        values: list[float] = [getattr(one, name) for one in self.found]
        return median(values)

    async def fill(self, numbers: Iterator[int]) -> None:
        """Play some cases and copy them, where that was not done before."""
        if self.filled.exists():
            return
        async with running(self.tree) as cells, clients_of(cells, FILLERS) as clients:
            first, databases = await _asked(cells)
            await play(clients, list(itertools.islice(numbers, SOURCE)))
            await rest(cells)
        server = Cell(reads.CELL, self.tree.state, partners=CELLS).postgres
        size = await copies.fill(server, databases, first, self.size // SOURCE - 1)
        print(f"filled with {self.size:,} cases, {size / self.size / 1000:.0f} kB a case", flush=True)
        self.filled.write_text(str(size))

    async def turn(self, numbers: Iterator[int], cases: int, clients: int) -> None:
        """The same cases by the same clients as among any other number."""
        os.sync()
        async with running(self.tree, counting=True) as cells, clients_of(cells, clients) as ready:
            await warm_up(cells, ready, numbers)
            await reads.begin(cells)
            one = await many(cells, ready, list(itertools.islice(numbers, cases)))
            self.reads.append(await reads.read(cells, cases))
        self.found.append(one)
        parts = ", ".join(f"{kind} {seconds * 1000:.0f}" for kind, seconds in one.cpu.items())
        print(
            f"among {self.size:>9,}  {one.rate:.2f} cases/s, {one.each * 1000:.0f} ms of CPU a case ({parts}), load {one.load:.1f}; "
            f"statements {sum(self.reads[-1].values(), Reads())}",
            flush=True,
        )


async def _asked(cells: Running) -> tuple[int, list[str]]:
    """The number of the next transaction, and the databases."""
    connection = await asyncpg.connect(cells.dsn(reads.CELL, "postgres"))
    first = int(await connection.fetchval("select pg_current_xact_id()::text"))
    databases = [row[0] for row in await connection.fetch(DATABASES)]
    await connection.close()
    return first, databases


def gates(few: Population, most: Population) -> list[Gate]:
    among = f"among {most.size:,} against {few.size:,}"
    return [
        Gate(f"whole cases a second {among}", most.middle("rate") / few.middle("rate"), GATE, least=True),
        Gate(f"cases for the same CPU {among}", few.middle("each") / most.middle("each"), GATE, least=True),
        Gate(f"cases for the same pages read {among}", few.pages / most.pages, GATE, least=True),
    ]


async def main(told: argparse.Namespace) -> int:
    run, numbers = Run.begin(), itertools.count(int(time.time()))
    folder = told.keep or run.directory
    if not folder.exists():
        folder.mkdir(parents=True)
        opened(folder)
    postgres.CONFIGURATION += (
        copies.FILLING
    )  # of the server here: the cells that are measured are other processes
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
    return int(not all(gate.reached for gate in shown))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.volume", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--cases", type=int, default=100, help="that are played among each, in each round")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder in which filled cells stay for the next run")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
