"""Cells with many cases in the one that sends, and what a case costs among them."""

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import asyncpg

from deploy.local.cell import Cell
from tests.bench.gates import Gate
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
            first, databases = await asked(cells)
            await play(clients, list(itertools.islice(numbers, SOURCE)))
            await rest(cells)
        self.filled.write_text(str(await self.copied(first, databases, SOURCE)))

    async def copied(self, first: int, databases: Iterable[str], played: int) -> int:
        """Copy what the cells, which are down, have kept since this transaction of so many cases that were played; the bytes that they hold more."""
        server = Cell(reads.CELL, self.tree.state, partners=CELLS).postgres
        size = await copies.fill(server, databases, first, self.size // played - 1)
        print(f"filled with {self.size:,} cases, {size / self.size / 1000:.0f} kB a case", flush=True)
        return size

    async def turn(self, numbers: Iterator[int], cases: int, clients: int) -> None:
        """The same cases by the same clients as among any other number."""
        os.sync()
        async with running(self.tree, counting=True) as cells:
            await self.measure(cells, numbers, cases, clients)

    async def measure(self, cells: Running, numbers: Iterator[int], cases: int, clients: int) -> None:
        """A turn on cells that are up and count."""
        async with clients_of(cells, clients) as ready:
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


async def asked(cells: Running) -> tuple[int, list[str]]:
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
