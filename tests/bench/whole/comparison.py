"""The whole case in turns on this tree, on the floor and on an earlier commit's tree, on the same machine in the same run."""

import itertools
from dataclasses import dataclass, field
from statistics import median

from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.whole.cells import Tree, earlier, running
from tests.bench.whole.floor import FloorTurn, floor_turn
from tests.bench.whole.script import AT_SCREENING_UNIT
from tests.bench.whole.turn import Measured, Plan, turn

EARLIER = "360c5df"
CPU_GATE, RATE_GATE, CROSSING_GATE = 1 / 5, 0.10, 2.0


@dataclass(slots=True)
class Rounds:
    """The turns of all rounds."""

    now: list[Measured] = field(default_factory=list)
    then: list[Measured] = field(default_factory=list)
    floor: list[FloorTurn] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        gates = self.cpu <= CPU_GATE, self.rate >= RATE_GATE, self.crossing <= CROSSING_GATE
        return all(gates) and all(one.clean for one in self.now)

    @property
    def cpu(self) -> float:
        """Of a case, against the earlier commit."""
        return median(one.each for one in self.now) / median(one.each for one in self.then)

    @property
    def idle(self) -> float:
        """CPU of an idle stack, against the earlier commit."""
        return median(sum(one.idle.values()) for one in self.now) / median(
            sum(one.idle.values()) for one in self.then
        )

    @property
    def rate(self) -> float:
        """Cases a second, against the floor."""
        return median(one.rate for one in self.now) / median(one.rate for one in self.floor)

    @property
    def crossing(self) -> float:
        """The median at one client, against the floor's: its durable steps alone, one after another."""
        return median(one.crossing for one in self.now) / median(one.crossing for one in self.floor)

    def __str__(self) -> str:
        return (
            f"whole case      CPU against {EARLIER}, median of {len(self.now)} rounds, gate {CPU_GATE:.2f}  {self.cpu:.2f}\n"
            f"whole case      cases a second against the floor, gate {RATE_GATE:.2f}  {self.rate:.2f}\n"
            f"whole case      crossing at one client against its durable steps alone, gate {CROSSING_GATE:.1f}  {self.crossing:.2f}\n"
            f"idle stack      CPU against {EARLIER}  {self.idle:.2f}"
        )


async def measure(run: Run, plan: Plan, rounds: int) -> bool:
    """Print the leg; True where it passes the gates."""
    found = Rounds()
    with earlier(EARLIER, run.directory) as place:
        now = Tree("now", ROOT, run.directory / "now")
        then = Tree(EARLIER, place, run.directory / "earlier", AT_SCREENING_UNIT)
        numbers = itertools.count(1), itertools.count(1)
        for _ in range(rounds):
            for tree, turns, own in zip((now, then), (found.now, found.then), numbers, strict=True):
                async with running(tree) as cells:
                    turns.append(await turn(cells, plan, own))
                print(f"whole {tree.name:<8}{turns[-1]}", flush=True)
            found.floor.append(await floor_turn(now.state, plan))
            print(f"whole floor   {found.floor[-1]}", flush=True)
    print(found, flush=True)
    return found.passed
