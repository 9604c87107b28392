"""One hop at a steady rate: from the moment a command was meant to be given to the commit of its effect elsewhere."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from chassis.events.relay import Relay
from tests.bench.cell import Bench, event_of
from tests.bench.consumer import Timed, timed_consumer
from tests.chassis.pipeline import running

RATE = 200
WARM_UP = 100


async def hop(bench: Bench, topic: str, count: int) -> list[float]:
    """Seconds of each event, in order of size; open loop, all in one process, warm-up left out."""
    database = bench.consent.database
    database.prefix = topic.removesuffix("consent.events")
    consumer, inbox = timed_consumer(bench, topic)
    meant: dict[str, float] = {}
    took: list[float] = []

    async def take(batch: Sequence[Any], *args: Any) -> None:
        await Timed.take(inbox, batch, *args)
        now = time.perf_counter()
        took.extend(now - meant[i.stream[1]] for i in batch)

    inbox.take = take  # type: ignore[method-assign]
    async with running(Relay(bench.consent.settings, database, bench.consent.link), consumer):
        await asyncio.sleep(2)
        began = time.perf_counter()
        commands = []
        for n, case in enumerate(bench.cases[: count + WARM_UP]):
            at = began + n / RATE
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            meant[str(case)] = at
            commands.append(asyncio.create_task(bench.consent.say(event_of(case, 1))))
        await asyncio.gather(*commands)
        while len(took) < count + WARM_UP:
            await asyncio.sleep(0.05)
    return sorted(took[WARM_UP:])
