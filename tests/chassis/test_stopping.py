"""A service always stops: within its grace and a few seconds, whatever hangs, and says what was cut off."""

import asyncio
import json
import logging
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import APIRouter
from sqlalchemy.engine import make_url

from chassis import endings
from chassis.migrate import migrate
from chassis.service import Service
from chassis.settings import Settings
from chassis.supervised import SupervisedLoop
from deploy.local.testing import Kafka
from tests.chassis.pipeline import PARTITIONS, TOPIC, Probe, eventually, given, side
from tests.chassis.silence import Proxy, proxied

GRACE = 0.2
BOUND = GRACE + 2 * endings.CUT_OFF_SECONDS + 3 * 2.0 + 1.0
"""The grace, being cut off twice, three things that are closed in two seconds each, and a second for a slow machine."""


class Deaf(SupervisedLoop):
    """Swallows every cancellation until the test is over."""

    name, grace_seconds = "deaf", GRACE

    def __init__(self) -> None:
        super().__init__()
        self.over = False

    async def session(self) -> None:
        while not self.over:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue


@pytest.fixture
async def loop() -> AsyncIterator[Deaf]:
    deaf = Deaf()
    yield deaf
    deaf.over = True
    await endings.cut_off(endings.left_over())
    assert endings.left_over() == set()


async def test_a_loop_that_swallows_its_cancellation_is_left_behind_and_named(
    loop: Deaf, caplog: pytest.LogCaptureFixture
) -> None:
    await loop.start()
    await asyncio.sleep(0)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        await loop.stop()
    assert time.monotonic() - began < GRACE + endings.CUT_OFF_SECONDS + 1
    assert [task.get_name() for task in endings.left_over()] == ["deaf"]
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "deaf was cut off while it had work in hand, at test_stopping.py",
        "deaf does not end although it was cut off; it waits at test_stopping.py",
    ]


async def test_what_runs_too_long_is_cut_off_though_it_swallows_its_cancellation(loop: Deaf) -> None:
    began = time.monotonic()
    assert await endings.within(0.05, loop.session()) is False
    assert time.monotonic() - began < endings.CUT_OFF_SECONDS + 1


async def test_what_ends_in_time_is_not_cut_off_and_its_error_is_raised() -> None:
    async def fails() -> None:
        raise ValueError

    assert await endings.within(5, asyncio.sleep(0)) is True
    with pytest.raises(ValueError):
        await endings.within(5, fails())


@pytest.fixture
async def database(postgres: Any) -> str:
    return str((await postgres.create_migrated("bare", lambda owner, _: migrate(owner, "referral", None)))[1])


def behind(url: str, proxy: Proxy) -> Service:
    """A service whose database is behind the proxy."""
    address = make_url(url).set(host="127.0.0.1", port=int(proxy.address.rpartition(":")[2]))
    settings = Settings(
        cell="TH",
        mode="development",
        database_url=address.render_as_string(hide_password=False),
        kafka_bootstrap="127.0.0.1:1",
        pool_size=2,
    )
    service = Service(settings, name="referral", router=APIRouter(), versions=None, follows_cases=False)
    for loop in service.loops:
        loop.grace_seconds = GRACE
    return service


@pytest.fixture
async def proxy(postgres_dsn: str) -> AsyncIterator[Proxy]:
    url = make_url(postgres_dsn)
    async with proxied(url.host or "127.0.0.1", url.port or 5432) as made:
        yield made


async def timed_stop(service: Service) -> float:
    began = time.monotonic()
    await service.stop()
    return time.monotonic() - began


async def test_a_service_stops_while_its_database_is_silent(database: str, proxy: Proxy) -> None:
    service = behind(database, proxy)
    await service.start()
    await asyncio.sleep(0.3)
    proxy.fall_silent()
    await asyncio.sleep(0.3)  # the work loop is in the middle of its claim
    assert await timed_stop(service) < BOUND
    assert (endings.left_over(), others()) == (set(), [])


async def test_a_service_whose_database_never_answered_stops(database: str, proxy: Proxy) -> None:
    service = behind(database, proxy)
    proxy.fall_silent()
    starting = asyncio.create_task(service.start())
    await asyncio.sleep(0.3)
    await endings.cut_off([starting])
    assert await timed_stop(service) < BOUND


def others() -> list[str]:
    """Tasks of the service that are still there."""
    current = asyncio.current_task()
    named = {"relay", "work", "consumer"}
    return [t.get_name() for t in asyncio.all_tasks() if t is not current and t.get_name() in named]


async def test_a_hundred_stops_under_load_end_within_their_grace(database: str, proxy: Proxy) -> None:
    """Every other time the database falls silent in the middle; twenty-five services at once share the loop."""
    chance, longest = random.Random(7), []

    async def once(number: int) -> None:
        async with proxied(proxy.host, proxy.port) as own:
            service = behind(database, own)
            await service.start()
            await asyncio.sleep(chance.uniform(0, 0.2))
            if number % 2:
                own.fall_silent()
            await asyncio.sleep(chance.uniform(0, 0.1))
            longest.append(await timed_stop(service))

    for begin in range(0, 100, 25):
        await asyncio.gather(*(once(begin + number) for number in range(25)))
    assert (len(longest), [took for took in longest if took > BOUND], others()) == (100, [], [])


async def test_a_service_stops_while_its_broker_accepts_and_says_nothing(database: str, proxy: Proxy) -> None:
    async with proxied("127.0.0.1", 1) as silent:
        silent.fall_silent()
        service = behind(database, proxy)
        service.settings.kafka_bootstrap = silent.address
        await service.start()
        await asyncio.sleep(0.3)
        assert await timed_stop(service) < BOUND
        assert others() == []


@pytest.mark.slow
async def test_a_relay_and_a_consumer_stop_while_their_broker_is_frozen(
    postgres: Any, own_broker: Any, topic_prefix: str
) -> None:
    bootstrap = own_broker.plain_bootstrap
    await Kafka(bootstrap).create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with (
        side(postgres, "consent", kafka=bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=bootstrap, prefix=topic_prefix) as referral,
    ):
        loops = [consent.relay(), referral.consumer(Probe())]
        for loop in loops:
            await loop.start()
        await consent.say(given(uuid4(), 1))
        await eventually(referral.effects)
        broker = process_of(own_broker._directory)
        os.kill(broker, signal.SIGSTOP)
        try:
            await consent.say(given(uuid4(), 1))
            await asyncio.sleep(1)
            began = time.monotonic()
            await asyncio.gather(*(loop.stop() for loop in loops))
            assert time.monotonic() - began < max(loop.grace_seconds for loop in loops) + 3
            assert others() == []
        finally:
            os.kill(broker, signal.SIGCONT)


def process_of(directory: Path) -> int:
    return json.loads((directory / "server.json").read_text())["pid"]
