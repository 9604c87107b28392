"""The consumer on a real broker: offsets from the database, shared partitions, and offsets that are gone."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.partitioner import murmur2

from chassis.events.consumer import Consumer
from chassis.events.offsets import put_if, stored
from chassis.events.parked import list_parked
from tests.chassis.pipeline import (
    ORIGIN,
    PARTITIONS,
    TOPIC,
    Probe,
    Side,
    eventually,
    given,
    running,
    side,
    withdrawn,
)


async def test_what_comes_after_records_that_lay_while_others_were_handled_waits_for_no_other_partition(
    pair, monkeypatch
):
    monkeypatch.setattr("chassis.events.kafka.FETCH_MS", 30_000)
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(Probe())
    take = consumer._inbox.take

    async def slow(*batch: Any) -> None:
        await take(*batch)
        await asyncio.sleep(1.2)

    consumer._inbox.take = slow  # type: ignore[method-assign]
    async with running(consent.relay(), consumer):
        await consent.say(given(case, 1))
        await arrived(referral, 1)
        async with asyncio.timeout(20):
            for revision in range(2, 6):
                await consent.say(given(case, revision))
                await asyncio.sleep(0.3)
            await arrived(referral, 5)


async def arrived(referral: Side, count: int) -> None:
    async def enough() -> bool:
        return (await referral.rows("select count(*) from probe.effects"))[0][0] >= count

    await eventually(enough)


def by_case(effects: list[tuple[UUID, int]]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for case, revision in effects:
        found.setdefault(case, []).append(revision)
    return found


async def test_what_one_service_says_another_does_once_and_in_order(pair: Any) -> None:
    consent, referral = pair
    cases = [uuid4() for _ in range(5)]
    async with running(consent.relay(), referral.consumer(Probe())):
        for revision in range(1, 21):
            await consent.say(*(given(case, revision) for case in cases))
        await arrived(referral, 100)
        await asyncio.sleep(0.3)
    assert by_case(await referral.effects()) == {case: list(range(1, 21)) for case in cases}


async def test_a_relay_that_publishes_everything_again_doubles_nothing(pair: Any) -> None:
    consent, referral = pair
    case, last = uuid4(), uuid4()
    await consent.run("create table probe.copy as select * from chassis.outbox")
    await consent.say(*(given(case, revision) for revision in range(1, 6)))
    await consent.run("insert into probe.copy select * from chassis.outbox")
    relay = consent.relay()
    async with running(relay, referral.consumer(Probe())):
        await arrived(referral, 5)
        await relay.stop()
        await consent.run(
            "delete from chassis.outbox",
            "insert into chassis.outbox overriding system value select * from probe.copy",
            "update chassis.relay set max_pos = 0, holes = '{}'",
        )
        await consent.say(given(last, 1))
        async with running(consent.relay()):
            await arrived(referral, 6)
    assert by_case(await referral.effects()) == {case: [1, 2, 3, 4, 5], last: [1]}


async def test_a_consumer_begins_where_its_database_says_whatever_kafka_has_committed(pair: Any) -> None:
    consent, referral = pair
    case = uuid4()
    await consent.say(given(case, 1))
    async with running(consent.relay()):
        async with running(referral.consumer(Probe())):
            await arrived(referral, 1)
        await referral.run(
            "delete from probe.effects",
            "delete from chassis.marks",
            "update chassis.offsets set next_offset = 0",
        )
        async with running(referral.consumer(Probe())):
            await arrived(referral, 1)
    assert await referral.effects() == [(case, 1)]


async def test_two_consumers_share_the_partitions_and_one_takes_over_when_the_other_goes(pair: Any) -> None:
    consent, referral = pair
    cases = [uuid4() for _ in range(12)]
    probes = [Probe(), Probe()]

    async def write() -> None:
        for revision in range(1, 61):
            await consent.say(*(given(case, revision) for case in cases))
            await asyncio.sleep(0.05)

    first, second = (referral.consumer(probe) for probe in probes)
    async with running(consent.relay(), second):
        await first.start()
        writing = asyncio.create_task(write())
        await asyncio.sleep(1)
        await eventually(lambda: _both_have_handled(probes))
        await first.stop()
        await writing
        await arrived(referral, 60 * len(cases))
        third = referral.consumer(Probe())
        async with running(third):
            await consent.say(*(given(case, 61) for case in cases))
            await arrived(referral, 61 * len(cases))
    assert by_case(await referral.effects()) == {case: list(range(1, 62)) for case in cases}


async def _both_have_handled(probes: list[Probe]) -> bool:
    return all(probe.handled for probe in probes)


async def test_another_owner_who_moved_on_makes_a_consumer_roll_back_and_seek(pair: Any) -> None:
    consent, referral = pair
    case = uuid4()
    consumer = referral.consumer(Probe())
    async with running(consent.relay(), consumer):
        await consent.say(given(case, 1))
        await arrived(referral, 1)
        rows = await referral.rows(
            "select topic, partition, next_offset from chassis.offsets where next_offset > 0"
        )
        ((topic, partition, offset),) = rows
        await consent.say(given(case, 2), given(case, 3))
        await arrived(referral, 3)
        async with referral.database.transaction(ORIGIN) as tx:
            at = (await stored(referral.database, [topic]))[topic, partition]
            assert await put_if(tx, (topic, partition), at, offset)
        await referral.run("update chassis.marks set sequence = 1")
        await consent.say(given(case, 4))
        await arrived(referral, 6)
        assert consumer.healthy() is None
    assert by_case(await referral.effects()) == {case: [1, 2, 3, 2, 3, 4]}


async def test_a_poison_event_with_a_withdrawal_behind_it(pair: Any) -> None:
    consent, referral = pair
    case, other = uuid4(), uuid4()
    probe = Probe(poison={2})
    async with running(consent.relay(), referral.consumer(probe)):
        await consent.say(given(case, 1), given(case, 2), withdrawn(case, 3), given(case, 4), given(other, 1))
        await arrived(referral, 3)
        await eventually(lambda: referral.rows("select 1 from chassis.parked where sequence = 4"))
        async with referral.database.transaction(ORIGIN) as tx:
            rows, _ = await list_parked(tx, 50)
        assert [(row.sequence, row.reason) for row in rows] == [
            (2, "ValueError"),
            (4, "behind a parked event"),
        ]
    assert by_case(await referral.effects()) == {case: [1, 3], other: [1]}


async def said(consumer: Consumer, words: str) -> None:
    async def named() -> bool:
        return words in (consumer.healthy() or "")

    await eventually(named)


async def test_an_offset_that_no_longer_exists_fails_readiness_and_nothing_is_passed_over(
    pair: Any, kafka: Any
) -> None:
    consent, referral = pair
    case = uuid4()
    async with running(consent.relay()):
        async with running(referral.consumer(Probe())):
            await consent.say(given(case, 1))
            await arrived(referral, 1)
        ((topic, partition, offset),) = await referral.rows(
            "select topic, partition, next_offset from chassis.offsets where next_offset > 0"
        )
        await consent.say(given(case, 2), given(case, 3))
        await eventually(lambda: consent.rows("select 1 from chassis.relay where max_pos = 3"))
        await delete_at(kafka.bootstrap, topic, partition, offset + 1)
        consumer = referral.consumer(Probe())
        async with running(consumer):
            await said(consumer, f"offsets that no longer exist: {topic}/{partition} at {offset}")
            assert await referral.effects() == [(case, 1)]
            async with referral.database.transaction(ORIGIN) as tx:
                assert await put_if(tx, (topic, partition), offset, offset + 1)
            await eventually(
                lambda: referral.rows("select 1 from chassis.parked where sequence = 3 and reason = 'gap'")
            )
            assert consumer.healthy() is None


async def delete_at(bootstrap: str, topic: str, partition: int, before: int) -> None:
    """As retention would."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        await client.delete_records({TopicPartition(topic, partition): RecordsToDelete(before)})
    finally:
        await client.close()


async def test_a_service_that_has_never_read_a_topic_begins_at_its_first_event(pair: Any, kafka: Any) -> None:
    consent, referral = pair
    case = uuid4()
    async with running(consent.relay()):
        await consent.say(*(given(case, revision) for revision in range(1, 5)))
        await eventually(lambda: consent.rows("select 1 from chassis.relay where max_pos = 4"))
        partition = _partition_of(case)
        await delete_at(kafka.bootstrap, consent.settings.topic(TOPIC), partition, 2)
        async with running(referral.consumer(Probe())):
            await arrived(referral, 2)
    assert await referral.effects() == [(case, 3), (case, 4)]


def _partition_of(case: UUID) -> int:
    return int((murmur2(str(case).encode()) & 0x7FFFFFFF) % PARTITIONS)


async def test_a_topic_that_is_missing_is_named_by_readiness(
    postgres: Any, kafka: Any, topic_prefix: str
) -> None:
    async with side(postgres, "referral", kafka=kafka.bootstrap, prefix=topic_prefix) as referral:
        consumer = referral.consumer(Probe())
        async with running(consumer):
            await said(consumer, f"{topic_prefix}{TOPIC} do not exist or may not be read")
            await kafka.create_topics({topic_prefix + TOPIC: 1})

            async def well() -> bool:
                return consumer.healthy() is None

            await eventually(well)
