"""A publisher and a consumer on the run's broker, for all tests of what goes between them; and a database with one connection."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from chassis.database import Database
from tests.chassis.pipeline import PARTITIONS, TOPIC, Side, side


@pytest.fixture
async def pair(postgres: Any, kafka: Any, topic_prefix: str) -> AsyncIterator[tuple[Side, Side]]:
    """Each has its own database."""
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with (
        side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=kafka.bootstrap, prefix=topic_prefix) as referral,
    ):
        yield consent, referral


@pytest.fixture
async def database(postgres: Any) -> AsyncIterator[Database]:
    """A database whose service has one connection, with a table of numbers, `kept`."""
    address, _ = await postgres.create_database("kept")
    made = Database(address, publisher="intake", cell="TH", pool_size=1)
    async with made.transaction(made.system()) as tx:
        await tx.execute(text("create table kept (id integer primary key)"))
    yield made
    await made.close()
