"""`python -m tests.bench.scaling`: one consumer of a service against two, each in a process of its own, on a topic of four partitions.

Both are there and wait before the first event is produced; a round ends when the service's own database says that all are taken. The oracle of the benchmark
looks after each round whether everything was done once.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import SecretStr

from chassis.database import Database
from chassis.events.consumer import Consumer
from chassis.events.kafka import KafkaLink
from chassis.observe.telemetry import Telemetry
from chassis.settings import Settings
from deploy.local.patience import Patience
from tests.bench import oracle, relay
from tests.bench.cell import Bench, bench, servers
from tests.bench.consumer import subscriptions

PARTITIONS, GATE = 4, 1.0
TAKEN = "select coalesce(sum(next_offset), 0)::bigint, count(*) from chassis.offsets"


async def consume(url: str, bootstrap: str, topic: str) -> None:
    settings = Settings(cell="TH", database_url=SecretStr(url), kafka_bootstrap=bootstrap)
    database = Database(url, publisher="referral", cell="TH")
    link, telemetry = KafkaLink(settings, "referral"), Telemetry(settings, "referral")
    await Consumer(settings, database, link, subscriptions(), telemetry, topics=[topic]).start()
    await asyncio.Event().wait()


def _process(*told: str) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, contextlib.suppress(KeyboardInterrupt):
        runner.run(consume(*told))


@asynccontextmanager
async def consumers(made: Bench, topic: str, count: int) -> AsyncIterator[None]:
    """So many processes, from when the group has shared the partitions out among them."""
    settings, spawned = made.referral.settings, multiprocessing.get_context("spawn")
    told = settings.database_url.get_secret_value(), made.kafka.bootstrap, topic
    processes = [spawned.Process(target=_process, args=told, daemon=True) for _ in range(count)]
    for one in processes:
        one.start()
    try:
        await _until(made, partitions=PARTITIONS)
        await _shared(made, count)
        yield
    finally:
        for one in processes:
            one.kill()
            one.join()


async def _shared(made: Bench, count: int) -> None:
    """From when each of so many members of the group has been told which partitions are its own."""
    group, waiting = KafkaLink(made.referral.settings, "referral").group, Patience(quiet_s=120)
    admin = AIOKafkaAdminClient(bootstrap_servers=made.kafka.bootstrap)
    await admin.start()
    try:
        while not waiting.over:
            (answer,) = await admin.describe_consumer_groups([group])
            _, _, state, _, _, members = answer.groups[0][:6]
            if state == "Stable" and len(members) == count:
                return
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
    raise TimeoutError


async def _until(made: Bench, *, events: int = 0, partitions: int = 0) -> None:
    waiting = Patience(quiet_s=120)
    while True:
        taken, known = (await made.referral.rows(TAKEN))[0]
        if taken >= events and known >= partitions:
            return
        if waiting.over:
            raise TimeoutError
        await asyncio.sleep(0.01)


async def measured(made: Bench, topic: str, count: int) -> tuple[float, bool]:
    """Events a second by so many consumers, and whether the oracle finds each done once."""
    await made.kafka.create_topics({topic: PARTITIONS, f"first.{topic}": 1})
    await made.fill(topic)
    await made.arrange()
    async with consumers(made, topic, count):
        began = time.perf_counter()
        await relay.floor(made, topic, f"first.{topic}")
        await _until(made, events=made.events)
        took = time.perf_counter() - began
    found = await oracle.database(made)
    print(f"consumers {count}     {made.events / took:>9,.0f} events/s   oracle: {found}", flush=True)
    return made.events / took, found.clean


async def main(told: argparse.Namespace) -> int:
    rates: dict[int, list[float]] = {1: [], 2: []}
    clean = True
    with servers() as (kafka, databases):
        async with bench(kafka, databases, told.cases) as made:
            for number in range(told.rounds):
                for count, found in rates.items():
                    rate, whole = await measured(made, f"scaling{number}x{count}.consent.events", count)
                    found.append(rate)
                    clean = clean and whole
        await databases.drop_all()
    ratio = statistics.median(rates[2]) / statistics.median(rates[1])
    print(
        f"scaling         two consumers against one, {PARTITIONS} partitions, {os.cpu_count()} cores, median of {told.rounds} rounds  {ratio:.2f}"
    )
    return int(not clean or ratio <= GATE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scaling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", type=int, default=10_000, help="four events each")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
