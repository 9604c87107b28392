"""A load run: many cases by many clients on two cells with a process for each service, or one for all with `--together`, while processes are killed.

`python -m tests.load --cases 5000 --clients 16 --kills 10`. The judge is `tests/load/check.py`, a program of its own.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from chassis.endings import cut_off
from contracts.catalogue import SERVICES
from corridor.client import Person
from deploy.local.cell import FRONT
from deploy.local.stack import Stack
from deploy.local.watch import Watch
from tests.load.client import Client
from tests.load.history import History

CHECK = Path(__file__).parent / "check.py"
REST_S, REST_LOOKS = 2.0, 5
AT_REST = """
select (select count(*) from chassis.outbox where pos > (select max_pos from chassis.relay))
     + (select count(*) from chassis.work where state = 'due' and due_at <= now() and kind not in ('purge', 'come-of-age'))
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--kills", type=int, default=10, help="spread over the run")
    parser.add_argument("--together", action="store_true", help="one process for all services of a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, required=True, help="a new folder of the run's own")
    return parser.parse_args()


class Progress:
    """How many cases are played; a kill is due each time another share of them is."""

    def __init__(self, cases: int) -> None:
        self.cases, self.next, self.done = cases, 0, 0

    def take(self) -> int | None:
        self.next += 1
        return None if self.next > self.cases else self.next


async def play(progress: Progress, client: Client) -> None:
    while (number := progress.take()) is not None:
        await client.play(number)
        progress.done += 1


async def kill(stack: Stack, progress: Progress, kills: int, seed: int) -> list[str]:
    """kill -9 of services, PostgreSQL and Kafka of either cell, in turn; the stack's watch starts each again."""
    chance, services = random.Random(seed), SERVICES if stack.processes else [FRONT]
    killed: list[str] = []
    while len(killed) < kills:
        await asyncio.sleep(0.5)
        if progress.done < (len(killed) + 1) * progress.cases / (kills + 1):
            continue
        turn = len(killed) % 4
        kind = ("PostgreSQL", "Kafka")[turn] if turn < 2 else chance.choice(services)
        name = f"{chance.choice(('TH', 'KH'))}: {kind}"
        await asyncio.to_thread(stack.servers[name].kill)
        killed.append(name)
        print(f"  {progress.done} cases played; killed {name}", flush=True)
    return killed


async def rest(stack: Stack) -> None:
    """Until nothing has waited anywhere for several looks in a row."""
    quiet = 0
    while quiet < REST_LOOKS:
        waiting = 0
        for cell in stack.cells.values():
            for service in SERVICES:
                connection = await asyncpg.connect(cell.postgres.admin_dsn(service))
                waiting += await connection.fetchval(AT_REST)
                await connection.close()
        quiet = 0 if waiting else quiet + 1
        await asyncio.sleep(REST_S)


async def run(options: argparse.Namespace) -> int:
    options.state.mkdir(parents=True, exist_ok=True)
    history = options.state / "history.jsonl"
    stack = Stack(["TH", "KH"], state=options.state / "stack", processes=not options.together)
    await stack.up()
    watch = Watch(stack, lambda text: print(f"  {text}", flush=True))
    watching = asyncio.create_task(watch.run())
    try:
        began = time.monotonic()
        progress = Progress(options.cases)
        killing = asyncio.create_task(kill(stack, progress, options.kills, options.seed))
        await clients(stack, progress, History(history), options)
        killed = await killing
        took = time.monotonic() - began
        print(
            f"{options.cases} cases, {len(killed)} kills, {took:.0f} s, {options.cases / took:.2f} cases a second"
        )
        await rest(stack)
        return check(stack, history)
    finally:
        watch.stop()
        await cut_off([watching])
        await stack.down()


async def clients(stack: Stack, progress: Progress, history: History, options: argparse.Namespace) -> None:
    exchange = stack.cells["TH"].postgres.admin_dsn("exchange")
    async with AsyncExitStack() as exits:
        played = []
        for number in range(options.clients):
            worker = await exits.enter_async_context(Person("th.worker", stack.state))
            receiver = await exits.enter_async_context(Person("kh.worker", stack.state))
            client = Client(worker, receiver, history, exchange, options.seed * 1_000 + number)
            played.append(play(progress, client))
        await asyncio.gather(*played)


def check(stack: Stack, history: Path) -> int:
    """As another program, which imports nothing of the product."""
    addresses = {code: cell.postgres.admin_dsn("{database}") for code, cell in stack.cells.items()}
    command = [sys.executable, "-I", str(CHECK), str(history), json.dumps(addresses)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(asyncio.run(run(arguments())))
