"""The broker or the database is away for a while: commands go on where they can, nothing is lost, readiness says so."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.testing import Databases, Kafka
from tests.chassis.pipeline import PARTITIONS, TOPIC, Probe, eventually, given, running, side


async def unwell(*loops: Any) -> bool:
    return all(loop.healthy() is not None for loop in loops)


async def well(*loops: Any) -> bool:
    return all(loop.healthy() is None for loop in loops)


async def arrived(referral: Any, count: int) -> bool:
    return len(await referral.effects()) >= count


@pytest.mark.slow
async def test_a_broker_killed_under_load_holds_up_events_and_no_command(
    postgres: Any, own_broker: Any, topic_prefix: str
) -> None:
    bootstrap = own_broker.plain_bootstrap
    await Kafka(bootstrap).create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with (
        side(postgres, "consent", kafka=bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=bootstrap, prefix=topic_prefix) as referral,
    ):
        relay, consumer = consent.relay(), referral.consumer(Probe())
        case = uuid4()
        async with running(relay, consumer):
            await consent.say(given(case, 1))
            await eventually(lambda: arrived(referral, 1))
            await asyncio.to_thread(own_broker.kill)
            for revision in range(2, 200):
                await consent.say(given(case, revision))
            await eventually(lambda: unwell(relay))
            await asyncio.to_thread(own_broker.start)
            await eventually(lambda: arrived(referral, 199), seconds=60)
            await eventually(lambda: well(relay, consumer))
        assert await referral.effects() == [(case, revision) for revision in range(1, 200)]


@pytest.mark.slow
async def test_a_relay_and_a_consumer_that_start_without_a_broker_wait_for_it(
    postgres: Any, own_broker: Any, topic_prefix: str
) -> None:
    bootstrap = own_broker.plain_bootstrap
    await Kafka(bootstrap).create_topics({topic_prefix + TOPIC: PARTITIONS})
    await asyncio.to_thread(own_broker.kill)
    async with (
        side(postgres, "consent", kafka=bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=bootstrap, prefix=topic_prefix) as referral,
    ):
        relay, consumer = consent.relay(), referral.consumer(Probe())
        case = uuid4()
        async with running(relay, consumer):
            await consent.say(given(case, 1))
            await eventually(lambda: unwell(relay, consumer))
            assert "Kafka" in (relay.healthy() or "")
            await asyncio.to_thread(own_broker.start)
            await eventually(lambda: arrived(referral, 1), seconds=60)
            await eventually(lambda: well(relay, consumer))


@pytest.mark.slow
async def test_a_database_killed_under_load_loses_and_doubles_nothing(
    postgres: Any, own_postgres: Any, kafka: Any, topic_prefix: str
) -> None:
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    theirs = Databases(own_postgres.admin_dsn())
    cases = [uuid4() for _ in range(5)]
    async with (
        side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as consent,
        side(theirs, "referral", kafka=kafka.bootstrap, prefix=topic_prefix) as referral,
    ):
        relay, consumer = consent.relay(), referral.consumer(Probe())
        async with running(relay, consumer):
            for revision in range(1, 31):
                await consent.say(*(given(case, revision) for case in cases))
                if revision == 10:
                    await eventually(lambda: arrived(referral, 1))
                    await asyncio.to_thread(own_postgres.kill)
            await eventually(lambda: unwell(consumer))
            await asyncio.to_thread(own_postgres.start)
            await eventually(lambda: arrived(referral, 150), seconds=60)
            await eventually(lambda: well(relay, consumer))
        effects = await referral.effects()
    assert {c: [r for k, r in effects if k == c] for c in cases} == {c: list(range(1, 31)) for c in cases}
