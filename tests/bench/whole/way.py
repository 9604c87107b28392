"""`python -m tests.bench.whole.way`: what each step of a case asks of the servers, counted by the servers themselves, here and at an earlier commit.

Each step is taken for all cases, then everything comes to rest: what follows a step counts for it. The counts of an idle stack over the same time are subtracted, and
stand in the last line by the second. With `--earlier` the same for 360c5df.
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections.abc import Mapping
from dataclasses import astuple

import uvloop

from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.whole.cells import EARLIER, Running, Tree, earlier, running
from tests.bench.whole.counts import Counts, both
from tests.bench.whole.script import AT_SCREENING_UNIT, PlayedCase, Step
from tests.bench.whole.turn import clients_of, rest, warm_up

IDLE_S = 10.0
HEADS = ("statements", "round trips", "commits", "flushes", "log kB", "messages", "message kB")


async def steps(cells: Running, cases: int) -> dict[str, Counts]:
    """For each step what one case asks of both cells, and of an idle stack what a second does."""
    numbers = itertools.count(1)
    async with clients_of(cells, 1) as (client,):
        await warm_up(cells, [client], numbers)
        played = [PlayedCase(number) for number in itertools.islice(numbers, cases)]
        taken = {step.__name__: await _step(cells, step, played) for step in client.steps}
        before = await both(cells)
        await asyncio.sleep(IDLE_S)
        idle = (await both(cells) - before) * (1 / IDLE_S)
    found = {name: (counts - idle * seconds) * (1 / cases) for name, (counts, seconds) in taken.items()}
    return found | {"sum": sum(found.values(), Counts()), "idle, a second": idle}


async def _step(cells: Running, step: Step, played: list[PlayedCase]) -> tuple[Counts, float]:
    """What all cases together ask by one step and by what follows it, and the seconds that it took."""
    before, began = await both(cells), time.perf_counter()
    for case in played:
        await step(case)
    await rest(cells)
    return await both(cells) - before, time.perf_counter() - began


def table(found: Mapping[str, Counts]) -> str:
    """As the documents show it; a dash where an idle stack asks more in the same time, as one does that polls often."""
    lines = [f"| step | {' | '.join(HEADS)} |", f"|---|{'---|' * len(HEADS)}"]
    for name, counts in found.items():
        shown = [
            value / 1000 if "kB" in head else value
            for head, value in zip(HEADS, astuple(counts), strict=True)
        ]
        lines.append(f"| {name} | {' | '.join('–' if value < 0 else f'{value:.1f}' for value in shown)} |")
    return "\n".join(lines)


async def show(tree: Tree, cases: int) -> None:
    async with running(tree, counting=True) as cells:
        print(
            f"the way of a case, {tree.name}, mean of {cases}:\n{table(await steps(cells, cases))}",
            flush=True,
        )


async def show_now(run: Run, cases: int = 12) -> None:
    await show(Tree("now", ROOT, run.directory / "way"), cases)


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        await show_now(run, told.cases)
        if told.earlier:
            with earlier(EARLIER, run.directory) as place:
                await show(Tree(EARLIER, place, run.directory / "earlier", AT_SCREENING_UNIT), told.cases)
    finally:
        run.end()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole.way", description=__doc__)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--earlier", action="store_true")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
