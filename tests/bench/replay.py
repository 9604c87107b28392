"""`python -m tests.bench.replay`: invented lives as `corridor seed` lives them, as many as the source report's database has cases in ten years, or some of them.

Prints the lives a second and how long 15,000 take at that rate; counts afterwards whether every life came to its end and whether each case in the cells is a life's.
With `--record` the figure is kept for the table of `make bench`.
"""

import argparse
import asyncio
import json
import sys
import time

import asyncpg
import uvloop
from rich.console import Console

from corridor.seed.journal import WHOLE
from corridor.seed.wanted import Seeding
from corridor.seeding import sow
from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.gates import Gate, table
from tests.bench.recorded import record
from tests.bench.whole.cells import CELLS, Running, Tree, running
from tests.bench.whole.turn import rest

LIVES = 15_000
FIRST = 40
"""The first lives, one of each kind: some wait for seconds that are theirs, and they are not measured."""
SEED, AT_ONCE = 1, 16
OPENED = "select id::text from intake.cases where id not in (select case_id from intake.disclosures where case_id is not null)"
"""Cases that somebody opened here, and none that came from elsewhere."""


async def lived(cells: Running, lives: int, console: Console | None = None) -> tuple[float, int]:
    """The seconds that so many lives took after the first, and how many are lost, doubled or nobody's. Raises UnfinishedError where one did not come to its end."""
    before = await _opened(cells)
    shown = console or Console(quiet=True)
    await sow(Seeding(FIRST, SEED, AT_ONCE), shown, cells.tree.state)
    began = time.perf_counter()
    await sow(Seeding(FIRST + lives, SEED, AT_ONCE), shown, cells.tree.state)
    took = time.perf_counter() - began
    await rest(cells)
    return took, _astray(cells, FIRST + lives, await _opened(cells) - before)


async def _opened(cells: Running) -> set[str]:
    found: set[str] = set()
    for cell in CELLS:
        connection = await asyncpg.connect(cells.dsn(cell, "intake"))
        found |= {row[0] for row in await connection.fetch(OPENED)}
        await connection.close()
    return found


def _astray(cells: Running, lives: int, opened: set[str]) -> int:
    """Lives without an end or with two, and cases that no step of a life was answered with."""
    lines = [json.loads(line) for line in (cells.tree.state / f"seed-{SEED}.jsonl").read_text().splitlines()]
    ended = sorted(number for number, step, _ in lines if step == WHOLE)
    doubled = len(lines) - len({(number, step) for number, step, _ in lines})
    return (ended != [*range(lives + 1)]) + doubled + len(opened - {answer for *_, answer in lines})


def gates(lives: int, took: float, astray: int, allowed_s: float) -> list[Gate]:
    """`allowed_s`: the seconds that 15,000 whole cases take at the rate of 360c5df."""
    whole = LIVES / lives * took
    print(
        f"replay          {lives:,} lives in {took:.0f} s, {lives / took:.1f} a second: {LIVES:,} in {whole / 60:.0f} minutes",
        flush=True,
    )
    return [
        Gate(
            f"replay of {LIVES:,} at the rate of {lives:,} lives, of whole cases at 360c5df's",
            whole / allowed_s,
            1.0,
        ),
        Gate("lives lost or doubled, and cases that are nobody's", astray, 0),
    ]


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        async with running(Tree("now", ROOT, run.directory / "replay")) as cells:
            took, astray = await lived(cells, told.lives, Console())
    finally:
        run.end()
    found = gates(told.lives, took, astray, LIVES / told.rate)
    print(table(found))
    if told.record:
        record("replay", found)
    return int(not all(gate.reached for gate in found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replay", description=__doc__)
    parser.add_argument("--lives", type=int, default=LIVES)
    parser.add_argument("--rate", type=float, default=2.6, help="whole cases a second of 360c5df")
    parser.add_argument("--record", action="store_true", help="keep the figure for the table of make bench")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
