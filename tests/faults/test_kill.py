"""kill -9 at the worst moments: what was done is not done again, what was not is done."""

import asyncio
import json
import sys
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.patience import stretched
from tests.chassis.pipeline import (
    TOPIC,
    Probe,
    Side,
    eventually,
    given,
    read_topic,
    running,
)


async def killed(one: Side, role: str, die: str) -> int:
    """Run the role until it has killed itself; its exit status."""
    told = {
        "role": role,
        "die": die,
        "database_url": one.settings.database_url.get_secret_value(),
        "kafka": one.settings.kafka_bootstrap,
        "prefix": one.settings.topic_prefix,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.process", json.dumps(told)
    )
    try:
        return await asyncio.wait_for(process.wait(), stretched(40))
    except TimeoutError:
        process.kill()
        raise


@pytest.mark.parametrize("die", ["before-commit", "after-commit"])
async def test_a_consumer_killed_around_its_commit_handles_everything_once(pair: Any, die: str) -> None:
    consent, referral = pair
    cases = [uuid4() for _ in range(6)]
    async with running(consent.relay()):
        for revision in range(1, 11):
            await consent.say(*(given(case, revision) for case in cases))
        await eventually(lambda: consent.rows("select 1 from chassis.relay where max_pos = 60"))
        assert await killed(referral, "consumer", die) == -9
        done = len(await referral.effects())
        assert (done > 0) == (die == "after-commit")
        probe = Probe()
        async with running(referral.consumer(probe)):
            await eventually(lambda: all_of(referral, 60))
            await asyncio.sleep(0.3)
    effects = await referral.effects()
    assert {case: [r for c, r in effects if c == case] for case in cases} == {
        case: list(range(1, 11)) for case in cases
    }
    assert probe.handled == 60 - done


async def all_of(referral: Side, count: int) -> bool:
    return len(await referral.effects()) >= count


async def test_a_relay_killed_between_acknowledgement_and_checkpoint_loses_and_doubles_nothing(
    pair: Any,
) -> None:
    consent, referral = pair
    case = uuid4()
    await consent.say(*(given(case, revision) for revision in range(1, 6)))
    assert await killed(consent, "relay", "before-checkpoint") == -9
    assert await consent.rows("select max_pos from chassis.relay") == [(0,)]
    async with running(consent.relay(), referral.consumer(Probe())):
        await eventually(lambda: all_of(referral, 5))
        topic = consent.settings.topic(TOPIC)
        assert len(await read_topic(consent.settings.kafka_bootstrap, topic, 10)) == 10
        await consent.say(given(case, 6))
        await eventually(lambda: all_of(referral, 6))
    assert await referral.effects() == [(case, revision) for revision in range(1, 7)]
