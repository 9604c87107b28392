"""Services of one process that read with one client of Kafka, on a real broker: what each gets, and what one of them costs the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import KafkaError
from sqlalchemy import text

from chassis.events.kafka import KafkaLink
from chassis.events.offsets import put_if
from chassis.events.one_client import share
from chassis.events.tails import Tail
from tests.chassis.pipeline import ORIGIN, TOPIC, Probe, Side, eventually, given, running, side
from tests.chassis.test_consumer_broker import arrived, by_case, said


@pytest.fixture(params=["elsewhere", "here"])
async def three(
    request: pytest.FixtureRequest, pair: Any, postgres: Any, kafka: Any, topic_prefix: str
) -> AsyncIterator[tuple[Side, Side, Side]]:
    """Who says, in another process or in theirs, and two who read with one client."""
    consent, referral = pair
    async with side(postgres, "returns", kafka=kafka.bootstrap, prefix=topic_prefix) as returns:
        for one in (consent, referral, returns):
            one.link.topics = (topic_prefix + TOPIC,)
        share([referral.link, returns.link, *([consent.link] if request.param == "here" else [])])
        yield consent, referral, returns


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[AIOKafkaConsumer]:
    """Every client that was made to read."""
    made: list[AIOKafkaConsumer] = []
    client = KafkaLink.client

    def keep(self: KafkaLink, group: str | None = None) -> AIOKafkaConsumer:
        made.append(client(self, group))
        return made[-1]

    monkeypatch.setattr(KafkaLink, "client", keep)
    return made


def is_one(clients: list[AIOKafkaConsumer]) -> Callable[[], Any]:
    """Whether one of the clients is left."""

    async def asked() -> bool:
        return [one._closed for one in clients].count(False) == 1

    return asked


def all_running(three: tuple[Side, Side, Side]) -> AbstractAsyncContextManager[None]:
    """The three while they run."""
    consent, referral, returns = three
    return running(consent.relay(), referral.consumer(Probe()), returns.consumer(Probe()))


async def test_two_services_do_what_a_third_says_once_and_in_order_and_read_with_one_client(
    three: Any, clients: list[AIOKafkaConsumer]
) -> None:
    consent, referral, returns = three
    cases = [uuid4() for _ in range(5)]
    async with all_running(three):
        for revision in range(1, 11):
            await consent.say(*(given(case, revision) for case in cases))
        await arrived(referral, 50)
        await arrived(returns, 50)
        await eventually(is_one(clients))
    for reader in (referral, returns):
        assert by_case(await reader.effects()) == {case: list(range(1, 11)) for case in cases}
    assert all(one._closed for one in clients)


async def test_a_service_that_stands_still_holds_nobody_up_and_catches_up_by_a_client_of_its_own(
    three: Any, clients: list[AIOKafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetches wait for long here: a reader who is behind waits for none."""
    monkeypatch.setattr("chassis.events.tails.KEPT", 3)
    monkeypatch.setattr("chassis.events.kafka.FETCH_MS", 60_000)
    monkeypatch.setattr("chassis.events.one_client.CATCH_UP_MS", 1)
    monkeypatch.setattr("chassis.events.one_client.SharedConsumer.poll_ms", 60_000)
    consent, referral, returns = three
    case, go_on = uuid4(), asyncio.Event()
    standing = Probe(before_save=lambda _: go_on.wait())
    consumer = referral.consumer(standing)
    async with running(consent.relay(), consumer, returns.consumer(Probe())):
        await eventually(is_one(clients))
        for revision in range(1, 31):
            await consent.say(given(case, revision))
            await arrived(returns, revision)
        assert await referral.effects() == []
        made = len(clients)
        go_on.set()
        async with asyncio.timeout(30):
            await arrived(referral, 30)
            await consent.say(given(case, 31))
            await arrived(referral, 31)
        await eventually(is_one(clients))
        assert len(clients) == made + 1
    assert await referral.effects() == [(case, revision) for revision in range(1, 32)]


async def test_an_offset_that_an_operator_moved_back_is_read_again_by_that_service_alone(three: Any) -> None:
    consent, referral, returns = three
    case = uuid4()
    async with all_running(three):
        await consent.say(*(given(case, revision) for revision in range(1, 6)))
        await arrived(referral, 5)
        await arrived(returns, 5)
        ((topic, partition, offset),) = await referral.rows(
            "select topic, partition, next_offset from chassis.offsets where next_offset > 0"
        )
        async with referral.database.transaction(ORIGIN) as tx:
            await tx.execute(text("delete from chassis.marks"))
            assert await put_if(tx, (topic, partition), offset, 0)
        await arrived(referral, 10)
        await consent.say(given(case, 6))
        await arrived(referral, 11)
        await arrived(returns, 6)
    assert await returns.effects() == [(case, revision) for revision in range(1, 7)]


async def test_partitions_that_come_later_are_read_from_their_beginning(
    three: Any, kafka: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.kafka.METADATA_MS", 300)
    monkeypatch.setattr("chassis.events.tails.LOOK_MS", 100)
    consent, referral, returns = three
    case = uuid4()
    async with all_running(three):
        await consent.say(given(case, 1))
        await arrived(returns, 1)
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        await admin.create_partitions({consent.settings.topic(TOPIC): NewPartitions(total_count=12)})
        await admin.close()
        others = [uuid4() for _ in range(24)]
        async with running(consent.relay()):  # a producer that knows of the new ones
            await consent.say(*(given(other, 1) for other in others))
            await arrived(referral, 25)
            await arrived(returns, 25)
    for reader in (referral, returns):
        assert by_case(await reader.effects()) == {one: [1] for one in (case, *others)}


async def test_a_topic_that_was_made_anew_is_named_by_each_service_and_nothing_is_passed_over(
    three: Any, kafka: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.kafka.METADATA_MS", 300)
    monkeypatch.setattr("chassis.events.tails.LOOK_MS", 100)
    consent, referral, returns = three
    case, topic = uuid4(), consent.settings.topic(TOPIC)
    readers = [referral.consumer(Probe()), returns.consumer(Probe())]
    async with running(*readers):
        async with running(consent.relay()):
            await consent.say(*(given(case, revision) for revision in range(1, 4)))
            await arrived(referral, 3)
            await arrived(returns, 3)
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        await admin.delete_topics([topic])
        await asyncio.sleep(1)
        await admin.close()
        await kafka.create_topics({topic: 3})
        async with running(consent.relay()):
            await consent.say(given(case, 4))
            for one in readers:
                await said(one, "offsets that no longer exist")


async def test_an_offset_after_the_end_that_a_reader_stands_at_is_asked_of_the_broker_and_named(
    three: Any,
) -> None:
    """As after a broker lost the end of a partition: the tail begins anew, before where the reader stands."""
    consent, referral, returns = three
    consumer = referral.consumer(Probe())
    async with running(consent.relay(), consumer, returns.consumer(Probe())):
        await consent.say(given(uuid4(), 1))
        await arrived(referral, 1)
        reading: Any = consumer._reader._consumer  # type: ignore[union-attr]
        reading.at = dict.fromkeys(reading.at, 1000)
        reading.look()
        await said(consumer, "at 1000")


async def test_after_a_fault_of_the_one_client_everybody_reads_on(
    three: Any, clients: list[AIOKafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.tails.LOOK_MS", 100)
    consent, referral, returns = three
    case = uuid4()
    async with all_running(three):
        await consent.say(given(case, 1))
        await arrived(referral, 1)
        await eventually(is_one(clients))
        (reading,) = [one for one in clients if not one._closed]

        async def fails(**_: Any) -> None:
            raise KafkaError("told to")

        reading.getmany = fails
        await asyncio.sleep(0.2)
        for revision in range(2, 5):
            await consent.say(given(case, revision))
        await arrived(referral, 4)
        await arrived(returns, 4)
        await eventually(is_one(clients))
        assert reading._closed
    assert await referral.effects() == await returns.effects() == [(case, n) for n in range(1, 5)]


async def test_a_service_that_may_read_what_the_largest_may_not_reads_by_itself(pair: Any) -> None:
    consent, referral = pair
    consent.link.topics, referral.link.topics = ("one", "two"), ("three",)
    share([consent.link, referral.link])
    assert consent.link.shared is not None
    assert referral.link.shared is None


def record(offset: int, size: int = 10) -> Any:
    return SimpleNamespace(offset=offset, value=b"x" * size)


def test_a_tail_forgets_what_everybody_has_read_and_the_oldest_of_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tail = Tail.beginning(100)
    tail.add(record(offset) for offset in range(100, 110))
    tail.forget(104)
    assert (tail.first, tail.end, [one.offset for one in tail.since(106, 2)]) == (104, 110, [106, 107])
    monkeypatch.setattr("chassis.events.tails.KEPT", 4)
    tail.forget(104)
    assert (tail.first, tail.size) == (106, 40)
    monkeypatch.setattr("chassis.events.tails.KEPT_BYTES", 25)
    tail.forget(104)
    assert (tail.first, tail.size, tail.end) == (108, 20, 110)
    tail.forget(110)
    assert (tail.first, tail.records, tail.size) == (110, [], 0)


def test_where_no_service_runs_in_the_process_there_is_nothing_to_share() -> None:
    share([])
