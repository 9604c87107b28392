"""Referrals sent to another country one after another, and what came of them there."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from contracts.catalogue import SERVICES
from corridor.client import Person, RefusedError
from corridor.journey import Journey, TooSlowError, eventually
from corridor.operating import every_page
from corridor.sign_in import NoStackError
from deploy.local.stack import Stack
from tests.journeys.steps import drafted

LOADERS, PAUSE_S = 2, 1.0
AWAY = frozenset({502, 503, 504})


@dataclass
class Load:
    """Referrals sent until told to stop; `sent` is filled when the service has answered.

    Where `interrupted`, whoever finds a service away begins again with somebody else; any other refusal is a fault.
    """

    stack: Stack
    interrupted: bool = False
    sent: list[Journey] = field(default_factory=list)
    stopping: bool = False

    async def run(self) -> None:
        while not self.stopping:
            async with Journey(self.stack.state) as journey:
                try:
                    await drafted(journey)
                    await journey.send()
                except (NoStackError, RefusedError, TooSlowError) as error:
                    if not self.interrupted or getattr(error, "status", 503) not in AWAY:
                        raise
                else:
                    self.sent.append(journey)
            await asyncio.sleep(PAUSE_S)

    async def until(self, count: int) -> None:
        async def enough() -> bool | None:
            return True if len(self.sent) >= count else None

        await eventually(enough, f"{count} referrals under load", patience=120)


@asynccontextmanager
async def under_load(load: Load) -> AsyncIterator[None]:
    """The load runs meanwhile. A loader that fails ends the whole at once."""
    async with asyncio.TaskGroup() as loaders:
        for _ in range(LOADERS):
            loaders.create_task(load.run())
        yield
        load.stopping = True


async def incoming(stack: Stack) -> Counter[str]:
    """How many halves the recipient's agency has of each referral."""
    async with Person("kh.worker", stack.state) as worker:
        halves = await every_page(worker, "/referral/v1/referrals", limit=200)
    return Counter(one["referral_id"] for one in halves if one["half"] == "incoming")


async def parked(stack: Stack) -> list[str]:
    found = []
    for cell in stack.cells:
        async with Person(f"{cell.lower()}.operator", stack.state) as operator:
            found += [f"{cell} {s}" for s in SERVICES if await operator.get(f"/{s}/v1/parked/causes")]
    return found


async def resumed(stack: Stack, journey: Journey) -> Journey:
    """The same case by its identifiers, with people who are there now."""
    again = Journey(stack.state)
    again.case, again.consent, again.referral = journey.case, journey.consent, journey.referral
    return again
