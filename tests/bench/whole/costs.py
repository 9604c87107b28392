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

from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.whole.cells import Tree, earlier, running
from tests.bench.whole.comparison import EARLIER
from tests.bench.whole.script import AT_SCREENING_UNIT
from tests.bench.whole.turn import WARM_UP, clients_of, many, play, rest
from tests.bench.whole.usage import resident

SERVICES = ("intake", "consent", "referral", "returns", "exchange", "notify", "audit")
"""Those that both commits have."""
SERVICE_GATE, CELL_GATE_MB, TELEMETRY_GATE = 0.65, 700, 0.15
CLIENTS = 4


async def memory(tree: Tree, *, processes: bool) -> dict[str, float]:
    """Megabytes of each process of TH, after a few cases."""
    async with running(tree, processes=processes) as cells, clients_of(cells, 1) as clients:
        await play(clients, list(range(1, WARM_UP + 1)))
        await rest(cells)
        return resident(cells.pids("TH"))


async def remembered(run: Run) -> bool:
    """Print the memory; True where it is within the gates."""
    with earlier(EARLIER, run.directory) as place:
        now = await memory(Tree("now", ROOT, run.directory / "apart"), processes=True)
        tree = Tree(EARLIER, place, run.directory / "apart-earlier", AT_SCREENING_UNIT)
        then = await memory(tree, processes=True)
    one, other = (median(found[name] for name in SERVICES) for found in (now, then))
    whole = await memory(Tree("now", ROOT, run.directory / "together"), processes=False)
    parts = ", ".join(f"{name} {size:.0f}" for name, size in whole.items())
    print(
        f"memory          a service in its own process {one:.0f} MB, at {EARLIER} {other:.0f}, gate {SERVICE_GATE:.2f}  {one / other:.2f}"
    )
    print(
        f"memory          a whole cell {sum(whole.values()):.0f} MB of {CELL_GATE_MB} ({parts})", flush=True
    )
    return one / other <= SERVICE_GATE and sum(whole.values()) <= CELL_GATE_MB


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


async def observed(run: Run, rounds: int, cases: int) -> bool:
    """Print telemetry's share; True where it is within the gate."""
    tree, numbers = Tree("now", ROOT, run.directory / "observed"), itertools.count(1)
    spent: dict[bool, list[float]] = {True: [], False: []}
    async with collector() as (address, taken):
        for on in [True, False] * rounds:
            async with (
                running(tree, {"otlp_endpoint": address} if on else {}) as cells,
                clients_of(cells, CLIENTS) as clients,
            ):
                await play(clients[:1], list(itertools.islice(numbers, WARM_UP)))
                await rest(cells)
                spent[on].append(
                    (await many(cells, clients, list(itertools.islice(numbers, cases)))).cpu["cells"]
                )
    on, off = median(spent[True]), median(spent[False])
    share = (on - off) / on
    print(
        f"telemetry       CPU of the cells a case {on * 1000:.0f} ms with, {off * 1000:.0f} without ({len(taken)} exports, {sum(taken) / 1000:.0f} kB), "
        f"its share, gate {TELEMETRY_GATE:.2f}  {share:.2f}",
        flush=True,
    )
    return share <= TELEMETRY_GATE


async def measure(run: Run, rounds: int = 2, cases: int = 40) -> bool:
    remembers, observes = await remembered(run), await observed(run, rounds, cases)
    return remembers and observes


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        return int(not await measure(run, told.rounds, told.cases))
    finally:
        run.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole.costs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="of telemetry")
    parser.add_argument("--cases", type=int, default=40)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
