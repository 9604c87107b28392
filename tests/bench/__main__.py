"""`python -m tests.bench`: relay and consumer against their floors, in one interleaved run on real servers; then the whole case on two cells
against an earlier commit, a floor and a peer; memory and telemetry; one command; some lives of the replay, and a case among twenty thousand: in a table of
every figure and its gate, with the figures that were kept of the last whole replay and of a case among a million. Then the lists and the console's page of a
case, each against its own floor.

Ratios of one run hold; absolute figures belong to the machine. Exits with 1 when a gate is missed or the oracle finds a fault.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

from deploy.local.patience import Patience
from deploy.local.testing import Run
from tests.bench import console, consumer, hop, lists, oracle, relay, shortened
from tests.bench.cell import PARTITIONS, Bench, bench, owner, servers
from tests.bench.gates import Gate, table
from tests.bench.recorded import recorded
from tests.bench.whole import command, comparison, memory
from tests.bench.whole.cells import both_trees
from tests.bench.whole.turn import Plan

WHOLE, WHOLE_ROUNDS = Plan(alone=20, cases=60, clients=8), 1
GATES = {"relay": 0.75, "consumer": 0.40}
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


async def legs(told: argparse.Namespace) -> list[Gate]:
    """Relay and consumer, round by round, and one hop."""
    ratios: dict[str, list[float]] = {name: [] for name in GATES}
    faults = 0
    with servers() as (kafka, databases):
        async with bench(kafka, databases, told.cases) as made:
            for number in range(1, told.rounds + 1):
                found, verdicts = await measured(made, number)
                print(f"round {number}: {made.events:,} events of {told.cases:,} cases")
                for name, ratio in printed(made, found).items():
                    ratios[name].append(ratio)
                print(f"oracle          topic: {verdicts[0]}; database: {verdicts[1]}", flush=True)
                faults += not all(verdict.clean for verdict in verdicts)
            await latency(made, told.seconds)
        await databases.drop_all()
    gates = [
        Gate(f"{name}, of its floor", statistics.median(ratios[name]), GATES[name], least=True)
        for name in GATES
    ]
    return [*gates, Gate("rounds of relay and consumer in which the oracle found a fault", faults, 0)]


async def main(told: argparse.Namespace) -> int:
    began, gates, run = time.monotonic(), await legs(told), Run.begin()
    try:
        with both_trees(run.directory) as trees:
            rounds = await comparison.measure(trees, WHOLE, WHOLE_ROUNDS)
            gates += rounds.gates
            gates += await memory.measure(trees)
            gates += await command.measure(trees[0])
            gates += await shortened.measure(trees[0], rounds.then_rate)
        gates += recorded()
        print(f"\n{table(gates)}\n")
        print(f"It took {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f} at the end.\n")
        page = await console.measure(run)
    finally:
        run.end()
    with servers() as (_, databases):
        shown = await lists.measure(databases)
        await databases.drop_all()
    return int(not (page and shown and all(gate.reached for gate in gates)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of relay and consumer")
    parser.add_argument("--cases", type=int, default=5_000, help="four events each")
    parser.add_argument("--seconds", type=int, default=10, help="of the latency run")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
