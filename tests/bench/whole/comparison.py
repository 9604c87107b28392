"""The whole case in turns on this tree and on an earlier commit's, on the same machine in the same run."""

import itertools
from statistics import median

from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.whole.cells import Tree, earlier, running
from tests.bench.whole.script import AT_SCREENING_UNIT
from tests.bench.whole.turn import Measured, Plan, turn

EARLIER, GATE = "360c5df", 1 / 5


async def measure(run: Run, plan: Plan, rounds: int) -> bool:
    """Print the leg; True where it passes the gate."""
    with earlier(EARLIER, run.directory) as place:
        trees = [
            Tree("now", ROOT, run.directory / "now"),
            Tree(EARLIER, place, run.directory / "earlier", AT_SCREENING_UNIT),
        ]
        found: dict[str, list[Measured]] = {tree.name: [] for tree in trees}
        numbers = {tree.name: itertools.count(1) for tree in trees}
        for _ in range(rounds):
            for tree in trees:
                async with running(tree) as cells:
                    found[tree.name].append(await turn(cells, plan, numbers[tree.name]))
                print(f"whole {tree.name:<8}{found[tree.name][-1]}", flush=True)
    return verdict(found)


def verdict(found: dict[str, list[Measured]]) -> bool:
    now, then = (median(one.each for one in found[name]) for name in ("now", EARLIER))
    print(
        f"whole case      CPU against {EARLIER}, median of {len(found['now'])} rounds, gate {GATE:.2f}  {now / then:.2f}"
    )
    return now / then <= GATE and all(one.clean for one in found["now"])
