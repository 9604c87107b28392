"""One turn on the cells of one tree: idle, one client, many clients, rest; then the judge."""

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import psutil

from contracts.catalogue import SERVICES
from tests.bench.whole.arrivals import Arrivals
from tests.bench.whole.cells import CELLS, Running
from tests.bench.whole.script import Client
from tests.bench.whole.usage import between, cpu
from tests.load.__main__ import AT_REST
from tests.load.history import History

CHECK = Path(__file__).parents[2] / "load" / "check.py"
SETTLE_S, IDLE_S, WARM_UP = 10.0, 10.0, 5
"""Seconds that pass before idling is measured, and of idling; and the cases of each client that are played before anything is measured."""
QUIET_LOOKS, LOOK_S = 3, 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is played in a turn: cases one after another for the crossing, then cases by many clients for the rate."""

    alone: int
    cases: int
    clients: int


@dataclass(slots=True)
class Measured:
    """A turn's figures. CPU is in seconds by kind of process: of the idle stack for each second, else for each case."""

    rate: float
    cpu: dict[str, float]
    idle: dict[str, float]
    client_cpu: float
    requests: float
    crossings: list[float]
    load: float
    clean: bool = False
    judged: str = ""

    @property
    def each(self) -> float:
        """CPU seconds of a case in all processes of both cells."""
        return sum(self.cpu.values())

    @property
    def crossing(self) -> float:
        return quantile(self.crossings, 0.5)

    @property
    def idling(self) -> float:
        """CPU seconds of the idle stack each second."""
        return sum(self.idle.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {seconds * 1000:.0f}" for kind, seconds in self.cpu.items())
        p50, p99 = (quantile(self.crossings, share) * 1000 for share in (0.5, 0.99))
        idle = f"idle {self.idling:.3f} of a core, " if self.idle else ""
        return (
            f"{self.rate:6.2f} cases/s  {self.each * 1000:6.0f} ms of CPU a case ({kinds}; client {self.client_cpu * 1000:.0f}), "
            f"{self.requests:.1f} requests a case, crossing p50 {p50:.0f} p99 {p99:.0f} ms, {idle}load {self.load:.1f}; judge: {self.judged}"
        )


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


async def turn(cells: Running, plan: Plan, numbers: Iterator[int], *, idles: bool = False) -> Measured:
    """One turn; with `idles` the stack is left alone for a while before, and what it takes then is measured."""
    async with clients_of(cells, plan.clients) as clients:
        await warm_up(cells, clients, numbers)
        idle = await _idle(cells) if idles else {}
        crossings = await play(clients[:1], list(itertools.islice(numbers, plan.alone)))
        await rest(cells)
        found = await many(cells, clients, list(itertools.islice(numbers, plan.cases)))
    found.idle, found.crossings = idle, crossings
    found.clean, found.judged = judged(cells)
    return found


async def warm_up(cells: Running, clients: list[Client], numbers: Iterator[int], each: int = WARM_UP) -> None:
    """Play a few cases by each client and wait for the rest after them: a cell is up for months, so its connections are open, and its broker has compiled
    what it does.
    """
    await play(clients, list(itertools.islice(numbers, each * len(clients))))
    await rest(cells)


async def many(cells: Running, clients: list[Client], numbers: list[int]) -> Measured:
    kinds, own = cells.processes(), psutil.Process()
    before, mine, asked = cpu(kinds), own.cpu_times(), sum(client.asked for client in clients)
    began = time.perf_counter()
    await play(clients, list(numbers))
    took, now = time.perf_counter() - began, own.cpu_times()
    await rest(cells)
    cases = len(numbers)
    return Measured(
        rate=cases / took,
        cpu={kind: spent / cases for kind, spent in between(before, cpu(kinds)).items()},
        idle={},
        client_cpu=(now.user + now.system - mine.user - mine.system) / cases,
        requests=(sum(client.asked for client in clients) - asked) / cases,
        crossings=[],
        load=psutil.getloadavg()[0],
    )


@asynccontextmanager
async def clients_of(cells: Running, count: int) -> AsyncIterator[list[Client]]:
    """Clients with connections of their own, which hear of arrivals from one place."""
    arrivals, history = (
        Arrivals(await asyncpg.connect(cells.dsn("KH", "referral"))),
        History(cells.tree.history),
    )
    async with AsyncExitStack() as exits:
        exits.push_async_callback(arrivals.close)
        clients = []
        for _ in range(count):
            http = httpx2.AsyncClient(base_url=cells.address("TH"), timeout=60, trust_env=False)
            await exits.enter_async_context(http)
            clients.append(Client(http, cells.tokens, cells.tree.opening, history, arrivals))
        yield clients


async def play(clients: list[Client], numbers: list[int]) -> list[float]:
    """Seconds of each crossing; every client takes the next case when its own has arrived."""

    async def some(client: Client) -> list[float]:
        took = []
        while numbers:
            took.append(await client.play(numbers.pop()))
        return took

    played = await asyncio.gather(*(some(client) for client in clients))
    return [seconds for one in played for seconds in one]


async def _idle(cells: Running) -> dict[str, float]:
    await asyncio.sleep(SETTLE_S)
    kinds = cells.processes()
    before = cpu(kinds)
    await asyncio.sleep(IDLE_S)
    return {kind: spent / IDLE_S for kind, spent in between(before, cpu(kinds)).items()}


async def rest(cells: Running) -> None:
    """Until nothing has waited anywhere for several looks: what follows a case is part of what it costs."""
    quiet = 0
    async with AsyncExitStack() as exits:
        asked = {cell: await _databases(cells, cell, exits) for cell in CELLS}
        while quiet < QUIET_LOOKS:
            waiting = [await _waiting(cells, cell, databases) for cell, databases in asked.items()]
            quiet = 0 if any(waiting) else quiet + 1
            await asyncio.sleep(LOOK_S)


async def _databases(cells: Running, cell: str, exits: AsyncExitStack) -> list[asyncpg.Connection]:
    found = []
    for service in SERVICES:
        # one is missing where an earlier commit has no such service
        with contextlib.suppress(asyncpg.InvalidCatalogNameError):
            found.append(await asyncpg.connect(cells.dsn(cell, service)))
            exits.push_async_callback(found[-1].close)
    return found


async def _waiting(cells: Running, cell: str, databases: list[asyncpg.Connection]) -> int:
    """What waits in the databases of a cell, and the partitions of which a service has not handled all that is published."""
    waiting, handled = 0, []
    for one in databases:
        waiting += await one.fetchval(AT_REST)
        if await one.fetchval("select to_regclass('chassis.offsets') is not null"):
            handled += await one.fetch("select topic, partition, next_offset from chassis.offsets")
    asked = {(topic, number) for topic, number, _ in handled}
    ends = await asyncio.to_thread(cells.ends, cell, list(asked))
    return waiting + sum(offset < ends[topic, number] for topic, number, offset in handled)


def judged(cells: Running) -> tuple[bool, str]:
    """What the independent checker finds in all that was ever played here: whether it is clean, and what it counted besides 0."""
    addresses = {cell: cells.dsn(cell, "{database}") for cell in CELLS}
    command = [sys.executable, "-I", str(CHECK), str(cells.tree.history), json.dumps(addresses)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    counted = [" ".join(line.split()) for line in done.stdout.splitlines()]
    return done.returncode == 0, "; ".join(one for one in counted if not one.startswith("0 ")) + done.stderr[
        -1000:
    ]
