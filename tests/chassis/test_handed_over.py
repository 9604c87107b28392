"""What a relay has published is handed to the readers of its own process and not fetched: on a real broker, with others that publish between."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.events.one_client import SharedClient, share
from chassis.events.tails import HandedOver, Tail, Tails
from tests.chassis.pipeline import TOPIC, Probe, Side, eventually, given, running, side
from tests.chassis.test_consumer_broker import arrived, by_case


@pytest.fixture
async def here(pair: Any, topic_prefix: str) -> tuple[Side, Side]:
    """Who says and who reads, in one process."""
    for one in pair:
        one.link.topics = (topic_prefix + TOPIC,)
    share([one.link for one in pair])
    consent, referral = pair
    return consent, referral


@pytest.fixture
async def elsewhere(postgres: Any, kafka: Any, topic_prefix: str) -> AsyncIterator[Side]:
    """Another process that publishes to the same topic."""
    async with side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as other:
        yield other


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The records that the client of the process brought."""
    found: list[Any] = []
    keep = Tails._keep

    def counted(self: Tails, tp: Any, records: Any) -> None:
        found.extend(one for one in records if not isinstance(one, HandedOver))
        keep(self, tp, records)

    monkeypatch.setattr(Tails, "_keep", counted)
    return found


def both(here: tuple[Side, Side]) -> AbstractAsyncContextManager[None]:
    consent, referral = here
    return running(consent.relay(), referral.consumer(Probe()))


async def said_and_done(consent: Side, referral: Side, case: UUID, revisions: range) -> None:
    """Each by itself, so that each is published by itself."""
    before = len(await referral.effects())
    for count, revision in enumerate(revisions, 1):
        await consent.say(given(case, revision))
        await arrived(referral, before + count)


async def test_what_the_process_has_published_is_done_once_and_in_order_and_is_not_fetched(
    here: Any, fetched: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.tails.QUIET_SECONDS", 600)
    consent, referral = here
    case = uuid4()
    async with both(here):
        await said_and_done(consent, referral, case, range(1, 4))
        fetched.clear()  # the fetch that was under way when the first came may have brought it too
        await said_and_done(consent, referral, case, range(4, 20))
    assert fetched == []
    assert await referral.effects() == [(case, revision) for revision in range(1, 20)]


async def test_what_another_process_has_published_between_is_fetched(
    here: Any, elsewhere: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before the next of this process comes: until then nothing tells of it, and here it is not looked for."""
    monkeypatch.setattr("chassis.events.tails.QUIET_SECONDS", 600)
    consent, referral = here
    cases, others = [uuid4() for _ in range(5)], [uuid4() for _ in range(5)]
    async with both(here), running(elsewhere.relay()):
        for revision in range(1, 11):
            await consent.say(*(given(case, revision) for case in cases))
            await elsewhere.say(*(given(case, revision) for case in others))
            await published(elsewhere, revision * len(others))
        await consent.say(*(given(case, 11) for case in cases))
        await arrived(referral, 105)
    assert by_case(await referral.effects()) == {
        **{case: list(range(1, 12)) for case in cases},
        **{case: list(range(1, 11)) for case in others},
    }


async def published(one: Side, count: int) -> None:
    await eventually(lambda: one.rows(f"select 1 from chassis.relay where max_pos >= {count}"))


async def test_what_another_process_publishes_when_this_one_is_quiet_is_fetched_soon(
    here: Any, elsewhere: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.tails.QUIET_SECONDS", 0.2)
    consent, referral = here
    case, other = uuid4(), uuid4()
    async with both(here), running(elsewhere.relay()):
        await said_and_done(consent, referral, case, range(1, 4))
        await elsewhere.say(given(other, 1))
        await arrived(referral, 4)
        await said_and_done(consent, referral, case, range(4, 7))
    assert by_case(await referral.effects()) == {case: [1, 2, 3, 4, 5, 6], other: [1]}


async def test_a_batch_of_which_the_broker_named_no_offset_is_fetched(
    here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after one that was sent twice, of which it no longer knows the first."""
    consent, referral = here
    case, hand_over = uuid4(), SharedClient.hand_over
    monkeypatch.setattr(
        SharedClient,
        "hand_over",
        lambda self, topic, partition, _, records: hand_over(self, topic, partition, -1, records),
    )
    async with both(here):
        await said_and_done(consent, referral, case, range(1, 4))
        monkeypatch.setattr(SharedClient, "hand_over", hand_over)
        await said_and_done(consent, referral, case, range(4, 7))
        monkeypatch.setattr(SharedClient, "hand_over", lambda *_: None)
        await said_and_done(consent, referral, case, range(7, 9))
    assert await referral.effects() == [(case, revision) for revision in range(1, 9)]


async def test_the_end_of_a_partition_that_is_not_fetched_is_known(
    here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From it operators see how far a service is behind."""
    monkeypatch.setattr("chassis.events.tails.QUIET_SECONDS", 600)
    consent, referral = here
    case, consumer = uuid4(), referral.consumer(Probe())
    async with running(consent.relay(), consumer):
        await said_and_done(consent, referral, case, range(1, 12))
        assert max(consumer.ends().values()) == 11


def test_a_tail_takes_once_what_is_fetched_and_handed_over() -> None:
    tail = Tail.beginning(5)
    for offsets in ((5, 6), (5, 6, 7), (6, 7)):
        tail.add(SimpleNamespace(offset=offset, value=b"xx") for offset in offsets)
    assert ([one.offset for one in tail.records], tail.end, tail.size) == ([5, 6, 7], 8, 6)
