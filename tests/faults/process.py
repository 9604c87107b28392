"""A consumer or a relay in a process of its own, which kills itself with SIGKILL at the point that a test names.

`python -m tests.faults.process '{"role": "consumer", "die": "before-commit", …}'`
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from chassis.database import Database
from chassis.events.gaps import OutboxReader
from chassis.events.kafka import KafkaLink
from chassis.settings import Settings
from tests.chassis.pipeline import Probe, Side


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DiesAfterCommit(Database):
    """Dies between the commit of the first batch with an effect and whatever comes after it."""

    @asynccontextmanager
    async def transaction(self, origin: Any) -> Any:
        async with super().transaction(origin) as tx:
            yield tx
            handled = (await tx.execute(text("select count(*) from probe.effects"))).scalar_one()
        if handled:
            die()


class DiesBeforeCheckpoint(OutboxReader):
    async def checkpoint(self, tracker: Any) -> None:
        die()


async def main(told: dict[str, Any]) -> None:
    url, role = told["database_url"], told["role"]
    settings = Settings(
        cell="TH",
        database_url=SecretStr(url),
        kafka_bootstrap=told["kafka"],
        topic_prefix=told["prefix"],
        batch=told.get("batch", 500),
    )
    publisher = "referral" if role == "consumer" else "consent"
    made = DiesAfterCommit if told["die"] == "after-commit" else Database
    database = made(url, publisher=publisher, cell="TH", prefix=told["prefix"])
    one = Side(settings, database, KafkaLink(settings, publisher), "")
    probe = Probe()
    if told["die"] == "before-commit":
        probe.before_save = _die_in_the_transaction
    if told["die"] == "before-checkpoint":
        import chassis.events.relay

        chassis.events.relay.OutboxReader = DiesBeforeCheckpoint
    loop = one.consumer(probe) if role == "consumer" else one.relay()
    await loop.start()
    await asyncio.sleep(60)


async def _die_in_the_transaction(tx: Any) -> None:
    die()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
