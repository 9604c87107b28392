"""What is killed while a stack is up comes back by itself, and the cell answers again."""

import asyncio
from functools import partial

import httpx2

from corridor.journey import Journey, eventually
from corridor.story import PERSON
from deploy.local.watch import Watch


async def test_a_killed_cell_database_and_broker_are_started_again_and_said(stack):
    said = []
    watch = Watch(stack, said.append)
    watching = asyncio.create_task(watch.run())
    cell = stack.cells["TH"]
    for name, kill in (
        ("TH: front", stack.servers["TH: front"]._process.kill),
        ("TH: PostgreSQL", cell.postgres.kill),
        ("TH: Kafka", cell.broker.kill),
    ):
        await asyncio.to_thread(kill)
        answers = partial(_ready, cell.base_url, stack.servers[name])
        await eventually(answers, f"{name} again", patience=120)
    watch.stop()
    await watching
    assert said == [
        f"TH: {what} has ended; it is started again." for what in ("front", "PostgreSQL", "Kafka")
    ]
    async with Journey(stack.state) as journey:
        assert await journey.open_case(PERSON)


async def _ready(base_url, server):
    if not server.running:
        return None
    try:
        async with httpx2.AsyncClient(base_url=base_url, timeout=5, trust_env=False) as client:
            answer = await client.get("/intake/health/ready")
    except httpx2.TransportError:
        return None
    return True if answer.status_code == httpx2.codes.OK else None
