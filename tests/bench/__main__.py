"""`python -m tests.bench`: relay and consumer against their floors, in one interleaved run on real servers; then the lists, the console's
page of a case on a cell of its own, the whole case on two, one command, memory and telemetry, and the way of a case.

Ratios of one run hold; absolute figures belong to the machine. Exits with 1 when a gate or the oracle fails.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Callable
from typing import Any

import uvloop

from deploy.local.patience import Patience
from deploy.local.testing import Run
from tests.bench import console, consumer, hop, lists, oracle, relay
from tests.bench.cell import PARTITIONS, Bench, bench, owner, servers
from tests.bench.whole import command, comparison, costs, way
from tests.bench.whole.turn import Plan

WHOLE, WHOLE_ROUNDS = Plan(alone=15, cases=60, clients=8), 2
GATES = {"relay": 0.35, "consumer": 0.25}
FLOORS = {
    "relay": "read rows, produce by librdkafka",
    "consumer": "getmany, COPY into a table with a uuid key, offsets",
}
LEGS = {
    "relay": "gap tracker, acknowledged, checkpointed, deleted",
    "consumer": "referral's handlers: consent.given, disclosure.authorised",
}


async def until(condition: Callable[[], bool]) -> None:
    waiting = Patience(quiet_s=300)
    while not condition():
        if waiting.over:
            raise TimeoutError
        await asyncio.sleep(0.01)


async def measured(made: Bench, number: int) -> tuple[dict[str, tuple[float, float]], list[Any]]:
    """One round: for each pair the floor's and the leg's seconds, and what the oracle found."""
    topics = {name: f"{name}{number}.consent.events" for name in ("floor", "leg")}
    await made.kafka.create_topics(dict.fromkeys(topics.values(), PARTITIONS))
    await made.fill(topics["floor"])
    relay_floor = await relay.floor(made, topics["floor"])
    await made.fill(topics["leg"])
    relay_leg = await relay.leg(made, until)
    await made.arrange()
    consumer_floor = await consumer.floor(made, topics["leg"])
    await made.arrange()
    consumer_leg = await consumer.leg(made, topics["leg"], until)
    verdicts = [await oracle.topic(made, topics["leg"]), await oracle.database(made)]
    return {"relay": (relay_floor, relay_leg), "consumer": (consumer_floor, consumer_leg)}, verdicts


def shown(name: str, what: str, seconds: float, events: int, ratio: float) -> str:
    rate, each = events / seconds, seconds / events * 1e6
    return f"{name:<16}{what:<60}{rate:>9,.0f}/s {each:>7.1f} us  {ratio:.2f}"


def printed(made: Bench, found: dict[str, tuple[float, float]]) -> dict[str, float]:
    ratios = {}
    for name, (floor, leg) in found.items():
        ratios[name] = floor / leg
        print(shown(f"{name} floor", FLOORS[name], floor, made.events, 1.0))
        print(shown(f"{name} leg", LEGS[name], leg, made.events, ratios[name]))
    return ratios


async def latency(made: Bench, seconds: int) -> None:
    name = "hop.consent.events"
    await made.kafka.create_topics({name: PARTITIONS})
    await made.fill(name)
    await made.arrange()
    await _emptied(made)
    took = await hop.hop(made, name, hop.RATE * seconds)
    p50, p99 = (took[int(len(took) * q)] * 1000 for q in (0.5, 0.99))
    print(f"hop at {hop.RATE}/s    p50 {p50:.1f} ms of 4, p99 {p99:.1f} ms of 10  {10 / p99:.2f}")


async def _emptied(made: Bench) -> None:
    """No backlog before latency is measured, and streams that begin anew."""
    await owner(
        made.consent, "truncate chassis.outbox, chassis.streams", "update chassis.relay set max_pos = 0"
    )


async def main(told: argparse.Namespace) -> int:
    ratios: dict[str, list[float]] = {name: [] for name in GATES}
    clean = True
    with servers() as (kafka, databases):
        async with bench(kafka, databases, told.cases) as made:
            for number in range(1, told.rounds + 1):
                found, verdicts = await measured(made, number)
                print(f"round {number}: {made.events:,} events of {told.cases:,} cases")
                for name, ratio in printed(made, found).items():
                    ratios[name].append(ratio)
                print(f"oracle          topic: {verdicts[0]}; database: {verdicts[1]}", flush=True)
                clean = clean and all(verdict.clean for verdict in verdicts)
            await latency(made, told.seconds)
        clean = await lists.measure(databases) and clean
        await databases.drop_all()
    run = Run.begin()
    try:
        clean = await console.measure(run) and clean
        clean = await comparison.measure(run, WHOLE, WHOLE_ROUNDS) and clean
        clean = await command.measure(run) and clean
        clean = await costs.measure(run) and clean
        await way.show_now(run)
    finally:
        run.end()
    return verdict(ratios, clean)


def verdict(ratios: dict[str, list[float]], clean: bool) -> int:
    failed = not clean
    for name, gate in GATES.items():
        median = statistics.median(ratios[name])
        failed = failed or median < gate
        print(f"{name:<16}median of {len(ratios[name])} rounds, gate {gate:.2f}  {median:.2f}")
    return int(failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=5_000, help="four events each")
    parser.add_argument("--seconds", type=int, default=10, help="of the latency run")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
