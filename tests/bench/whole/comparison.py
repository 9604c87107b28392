"""The whole case in turns on this tree, on an earlier commit's tree, on the floor and on the peer, on the same machine in the same run."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from tests.bench.gates import Gate
from tests.bench.peer.leg import running_peer
from tests.bench.whole.cells import EARLIER, Running, Tree, running
from tests.bench.whole.collector import collector
from tests.bench.whole.floor import FloorTurn, floor_turn
from tests.bench.whole.script import Client
from tests.bench.whole.turn import Measured, Plan, clients_of, judged, many, turn, warm_up
from tests.bench.whole.usage import resident

CPU_GATE, RATE_GATE, CROSSING_GATE, PEER_GATE, IDLE_GATE = 1 / 5, 0.10, 2.0, 2.0, 1 / 10
TELEMETRY_GATE, CELL_GATE_MB = 0.15, 700
PAIRS, PAIR_CASES, PAIR_WARM_UP = 4, 16, 2
"""The pairs of turns that tell what telemetry costs, the cases of each, and of each client before them: short, for within a minute the machine is as fast as it was."""


@dataclass(slots=True)
class Rounds:
    """The turns of all rounds."""

    now: list[Measured] = field(default_factory=list)
    then: list[Measured] = field(default_factory=list)
    floor: list[FloorTurn] = field(default_factory=list)
    peer: list[Measured] = field(default_factory=list)
    telemetry: list[float] = field(default_factory=list)
    """The share of the cells' CPU that spans cost, in each pair of turns of few cases."""
    cells_mb: list[float] = field(default_factory=list)
    """The resident memory of a whole cell after a few cases."""
    beside: list[bool] = field(default_factory=list)
    """Whether the judge found nothing in the stack that played beside this tree's to tell what spans cost."""

    @property
    def then_rate(self) -> float:
        """Whole cases a second at the earlier commit."""
        return self._medians(self.then)["rate"]

    @property
    def gates(self) -> list[Gate]:
        """Each a ratio of the medians of all rounds."""
        now, then, floor, peer = (self._medians(one) for one in (self.now, self.then, self.floor, self.peer))
        unclean = sum(not one.clean for one in (*self.now, *self.peer)) + self.beside.count(False)
        return [
            Gate(f"CPU of a whole case, of that at {EARLIER}", now["each"] / then["each"], CPU_GATE),
            Gate(
                "whole cases a second, of the floor program's",
                now["rate"] / floor["rate"],
                RATE_GATE,
                least=True,
            ),
            Gate(
                "whole cases a second, against the peer's", now["rate"] / peer["rate"], PEER_GATE, least=True
            ),
            Gate(
                "CPU of a whole case of the peer, against ours",
                peer["each"] / now["each"],
                PEER_GATE,
                least=True,
            ),
            Gate(
                "crossing at one client, against its durable steps alone",
                now["crossing"] / floor["crossing"],
                CROSSING_GATE,
            ),
            Gate(f"CPU of an idle stack, of that at {EARLIER}", self._idling, IDLE_GATE),
            Gate("rounds in which the judge found a fault", unclean, 0),
            Gate("memory of a whole cell in MB", median(self.cells_mb), CELL_GATE_MB),
            Gate(
                "telemetry's share of the CPU of a case in the cells", median(self.telemetry), TELEMETRY_GATE
            ),
        ]

    @property
    def _idling(self) -> float:
        """Each stack is left alone in its first turn."""
        return self.now[0].idling / self.then[0].idling

    def _medians(self, turns: Sequence[Any]) -> dict[str, float]:
        names = ("each", "rate", "crossing")
        return {
            name: median(getattr(one, name) for one in turns) for name in names if hasattr(turns[0], name)
        }


async def measure(trees: tuple[Tree, Tree], plan: Plan, rounds: int) -> Rounds:
    """Print each turn, and answer all of them. The earlier tree's stands between two of this one, and each other one beside one of these, for a machine is not as
    fast a minute later. All of them export every span. Before them short turns of this tree tell what that costs.
    """
    found, (now, then) = Rounds(), trees
    own, theirs = itertools.count(1), itertools.count(1)
    async with collector() as address:
        for _ in range(rounds):
            if not found.telemetry:
                await _telemetry(now, plan, own, found, address)
            await _exporting(now, plan, own, found.now, address)
            await _exporting(then, plan, theirs, found.then, address)
            await _exporting(now, plan, own, found.now, address)
            found.floor.append(await floor_turn(now.state, plan))
            print(f"whole floor   {found.floor[-1]}", flush=True)
            async with running_peer(now.state) as cells:
                found.peer.append(await turn(cells, plan, itertools.count(1)))
            print(f"whole peer    {found.peer[-1]}", flush=True)
    return found


async def _exporting(
    tree: Tree, plan: Plan, numbers: Iterator[int], turns: list[Measured], address: str
) -> None:
    async with running(tree, {"otlp_endpoint": address}) as cells:
        turns.append(await turn(cells, plan, numbers, idles=not turns))
    print(f"whole {tree.name:<8}{turns[-1]}", flush=True)


async def _telemetry(tree: Tree, plan: Plan, numbers: Iterator[int], found: Rounds, address: str) -> None:
    """What memory a cell takes, while no other stack shares its pages, and what spans cost."""
    async with running(tree) as cells, clients_of(cells, plan.clients) as clients:
        await warm_up(cells, clients[:1], numbers)
        few = resident(cells.pids("TH"))
        await warm_up(cells, clients, numbers, PAIR_WARM_UP)
        await _compare_spans(cells, clients, plan, numbers, found, address)
        later = sum(resident(cells.pids("TH")).values())
    found.cells_mb.append(sum(few.values()))
    parts = ", ".join(f"{name} {size:.0f}" for name, size in few.items())
    print(
        f"telemetry       {' '.join(f'{share:.2f}' for share in found.telemetry)} of the CPU of the cells; "
        f"memory of a cell {found.cells_mb[-1]:.0f} MB ({parts}), after all these cases {later:.0f}",
        flush=True,
    )


async def _compare_spans(
    silent: Running, clients: list[Client], plan: Plan, numbers: Iterator[int], found: Rounds, address: str
) -> None:
    """The share of the cells' CPU that spans take: beside these cells, which export none, others of this tree export every span, and each plays few cases in turns."""
    other = replace(silent.tree, name="telling", state=silent.tree.state.with_name("telling"))
    async with (
        running(other, {"otlp_endpoint": address}) as telling,
        clients_of(telling, plan.clients) as theirs,
    ):
        await warm_up(telling, theirs, numbers, PAIR_WARM_UP)
        for pair in range(PAIRS):
            spent = {}
            for name in ("silent", "telling") if pair % 2 else ("telling", "silent"):
                cells, players = (silent, clients) if name == "silent" else (telling, theirs)
                played = await many(cells, players, list(itertools.islice(numbers, PAIR_CASES)))
                spent[name] = played.cpu["cells"]
            found.telemetry.append(1 - spent["silent"] / spent["telling"])
        found.beside.append(judged(telling)[0])
