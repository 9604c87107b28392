"""`python -m tests.bench.whole.costs`: resident memory of services and of a whole cell, against an earlier commit, and telemetry's share of a case's CPU.

Memory is read after some cases, and shared pages are divided among those who share them. Telemetry is on where every span is exported, to a collector that
answers and keeps nothing; without it spans are not recorded. Turns with and without take turns.
"""

import argparse
import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

import uvloop

from deploy.local.testing import Run
from tests.bench.gates import Gate, table
from tests.bench.whole.cells import EARLIER, Tree, both_trees, running
from tests.bench.whole.turn import WARM_UP, clients_of, many, warm_up
from tests.bench.whole.usage import resident

SERVICES = ("intake", "consent", "referral", "returns", "exchange", "notify", "audit")
"""Those that both commits have."""
SERVICE_GATE, CELL_GATE_MB, TELEMETRY_GATE = 0.65, 700, 0.15
CLIENTS = 4
FIRST = 100_000
"""The number of the first case here: legs before have played others in the same cells."""


async def memory(tree: Tree, *, processes: bool) -> dict[str, float]:
    """Megabytes of each process of TH, after a few cases."""
    async with running(tree, processes=processes) as cells, clients_of(cells, 1) as clients:
        await warm_up(cells, clients, iter(range(FIRST - WARM_UP, FIRST)))
        return resident(cells.pids("TH"))


async def remembered(trees: tuple[Tree, Tree]) -> list[Gate]:
    """What a service takes in its own process here and there, and what a whole cell does in one."""
    now, then = [await memory(tree, processes=True) for tree in trees]
    one, other = (median(found[name] for name in SERVICES) for found in (now, then))
    whole = await memory(trees[0], processes=False)
    parts = ", ".join(f"{name} {size:.0f}" for name, size in whole.items())
    print(f"memory          a service in its own process {one:.0f} MB, at {EARLIER} {other:.0f}")
    print(f"memory          a whole cell {sum(whole.values()):.0f} MB ({parts})", flush=True)
    return [
        Gate(f"memory of a service in its own process, of that at {EARLIER}", one / other, SERVICE_GATE),
        Gate("memory of a whole cell in MB", sum(whole.values()), CELL_GATE_MB),
    ]


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, list[int]]]:
    """An address that takes spans over HTTP, and the sizes of what it was sent."""
    taken: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                taken.append(len(await reader.readexactly(length)))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/traces", taken


async def observed(tree: Tree, rounds: int, cases: int) -> Gate:
    """Telemetry's share of the CPU of a case in the cells."""
    numbers = itertools.count(FIRST)
    spent: dict[bool, list[float]] = {True: [], False: []}
    async with collector() as (address, taken):
        for on in [True, False] * rounds:
            async with (
                running(tree, {"otlp_endpoint": address} if on else {}) as cells,
                clients_of(cells, CLIENTS) as clients,
            ):
                await warm_up(cells, clients, numbers)
                spent[on].append(
                    (await many(cells, clients, list(itertools.islice(numbers, cases)))).cpu["cells"]
                )
    on, off = median(spent[True]), median(spent[False])
    print(
        f"telemetry       CPU of the cells a case {on * 1000:.0f} ms with, {off * 1000:.0f} without ({len(taken)} exports, {sum(taken) / 1000:.0f} kB)",
        flush=True,
    )
    return Gate("telemetry's share of the CPU of a case in the cells", (on - off) / on, TELEMETRY_GATE)


async def measure(trees: tuple[Tree, Tree], rounds: int = 2, cases: int = 40) -> list[Gate]:
    return [*await remembered(trees), await observed(trees[0], rounds, cases)]


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        with both_trees(run.directory) as trees:
            gates = await measure(trees, told.rounds, told.cases)
        print(table(gates))
        return int(not all(gate.reached for gate in gates))
    finally:
        run.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole.costs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="of telemetry")
    parser.add_argument("--cases", type=int, default=40)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
