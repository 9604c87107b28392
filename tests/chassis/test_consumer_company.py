"""Records that nobody of a service wants wait for one that somebody does, and under load all wait for others: alone they are worth no transaction."""

import asyncio
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from chassis.events.admission import read
from chassis.events.batch import LONGEST_REST_SECONDS, SMALL, Batch, rest_after
from chassis.events.consumer import Consumer
from chassis.events.offsets import OffsetsMoved, stored
from chassis.events.subscription import Interests
from contracts.events.consent import ConsentWithdrawnV1, DisclosureAuthorisedV1
from tests.bench.cell import event_of
from tests.chassis.pipeline import (
    TOPIC,
    Probe,
    Side,
    eventually,
    given,
    message,
    running,
    withdrawn,
)


class WantsWithdrawals(Probe):
    def subscription(self):
        return replace(super().subscription(), handlers={ConsentWithdrawnV1: self.on_event})


class HearsDisclosures(Probe):
    def subscription(self):
        whole = super().subscription()
        return replace(whole, handlers={**whole.handlers, DisclosureAuthorisedV1: lambda *_: ()})


class Taken:
    """How many records each transaction of a consumer had, which lasted so much longer, and how long others were waited for."""

    def __init__(self, consumer: Consumer, seconds: float = 0.0) -> None:
        self.batches: list[int] = []
        self.rests: list[float] = []
        take, rest = consumer._inbox.take, consumer.rest

        async def counted(batch: Any, *others: Any) -> None:
            await take(batch, *others)
            await asyncio.sleep(seconds)
            self.batches.append(len(batch))

        async def rested(seconds: float) -> None:
            self.rests.append(seconds)
            await rest(seconds)

        consumer._inbox.take = counted  # type: ignore[method-assign]
        consumer.rest = rested  # type: ignore[method-assign]


async def handled_up_to(service: Side) -> int:
    return sum((await stored(service.database, [service.settings.topic(TOPIC)])).values())


async def test_what_nobody_wants_is_taken_with_the_next_that_somebody_does_which_waits_for_nothing(
    pair, monkeypatch
):
    monkeypatch.setattr("chassis.events.consumer.COMPANY_SECONDS", 600.0)
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(WantsWithdrawals())
    taken = Taken(consumer)
    async with running(consent.relay(), consumer):
        await consent.say(withdrawn(case, 1))
        await eventually(lambda: _has(taken, 1))
        for revision in range(2, 12):
            await consent.say(given(case, revision))
        await consent.say(withdrawn(case, 12))
        await eventually(lambda: _has(taken, 12))
    assert len(taken.batches) <= 3, taken.batches
    assert await referral.effects() == [(case, 1), (case, 12)]


async def test_what_nobody_wants_is_kept_waiting_no_longer_than_it_may(pair):
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(WantsWithdrawals())
    taken = Taken(consumer)
    async with running(consent.relay(), consumer):
        await consent.say(*(given(case, revision) for revision in range(1, 6)))
        await eventually(lambda: _has(taken, 5))
    assert await handled_up_to(referral) == 5
    assert await referral.rows("select sequence, parked from chassis.marks") == [(5, False)]


async def test_what_waits_at_the_end_of_a_consumer_is_read_again_by_the_next_one(pair):
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(WantsWithdrawals())
    async with running(consent.relay(), consumer):
        await consent.say(given(case, 1))
        await eventually(lambda: _ends_at(consumer, 1))
    assert await handled_up_to(referral) == 0
    async with running(consent.relay(), referral.consumer(WantsWithdrawals())):
        await consent.say(withdrawn(case, 2))
        await eventually(lambda: _handled(referral, 2))
    assert await referral.effects() == [(case, 2)]


async def test_under_load_records_wait_for_others_so_that_several_are_one_batch(pair):
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(Probe())
    taken = Taken(consumer, 0.06)
    async with running(consent.relay(), consumer):
        await consent.say(given(case, 1))
        await eventually(lambda: _has(taken, 1))
        for revision in range(2, 8):
            await consent.say(given(case, revision))
        await eventually(lambda: _has(taken, 7))
    assert len(taken.batches) <= 4, taken.batches
    assert taken.rests, "nothing was waited for"
    assert await referral.effects() == [(case, revision) for revision in range(1, 8)]


async def test_what_nobody_waits_for_is_taken_at_once_after_a_pause_and_else_with_the_next_that_somebody_does(
    pair, monkeypatch
):
    monkeypatch.setattr("chassis.events.consumer.CALM_SECONDS", 600.0)
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(HearsDisclosures(), {DisclosureAuthorisedV1})
    taken, consumer._taken_at = Taken(consumer), -600.0
    async with running(consent.relay(), consumer):
        await consent.say(given(case, 1))
        await eventually(lambda: _has(taken, 1))
        for revision in range(2, 8):
            await consent.say(given(case, revision))
        await eventually(lambda: _ends_at(consumer, 7))
        assert taken.batches == [1]
        await consent.say(event_of(case, 2))
        await eventually(lambda: _has(taken, 8))
    assert len(taken.batches) <= 3, taken.batches


async def test_what_nobody_waits_for_is_kept_waiting_no_longer_than_it_may_and_not_behind_what_protects(pair):
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(Probe(), ())
    taken = Taken(consumer)
    async with running(consent.relay(), consumer):
        for revision in range(1, 5):
            await consent.say(given(case, revision))
        await eventually(lambda: _has(taken, 4))
        consumer._taken_at = time.monotonic() + 600.0
        await consent.say(given(case, 5), withdrawn(case, 6))
        await eventually(lambda: _has(taken, 6))
    assert await referral.effects() == [(case, revision) for revision in range(1, 7)]


async def test_what_protects_waits_for_nothing_however_busy_the_consumer_is(pair):
    consent, referral = pair
    case, consumer = uuid4(), referral.consumer(Probe())
    taken = Taken(consumer, 0.06)
    async with running(consent.relay(), consumer):
        await consent.say(given(case, 1))
        await eventually(lambda: _has(taken, 1))
        await consent.say(withdrawn(case, 2))
        await eventually(lambda: _has(taken, 2))
    assert taken.rests == []


def test_nothing_is_waited_for_after_a_batch_that_was_quick_or_large():
    assert rest_after(1, 0.004) == rest_after(SMALL, 5.0) == 0.0
    assert 0 < rest_after(1, 0.02) < rest_after(1, 0.03) < rest_after(1, 60.0) == LONGEST_REST_SECONDS


def batch(first: int, count: int) -> Batch:
    interests = Interests([WantsWithdrawals().subscription()])
    case = uuid4()
    records = [message(given(case, n + 1), n + 1) for n in range(first, first + count)]
    for offset, record in enumerate(records, first):
        record.offset = offset
    return Batch([read(one, interests) for one in records], {(records[0].topic, records[0].partition): first})


def test_records_that_do_not_follow_one_another_are_never_put_together():
    together = batch(0, 3).followed_by(batch(3, 2))
    assert [one.record.offset for one in together.incoming] == [0, 1, 2, 3, 4]
    assert [*together.positions.values()] == [0]
    for other in (batch(0, 3), batch(2, 2), batch(4, 1)):
        with pytest.raises(OffsetsMoved):
            batch(0, 3).followed_by(other)


async def _has(taken: Taken, count: int) -> bool:
    return sum(taken.batches) >= count


async def _handled(service: Side, count: int) -> bool:
    return await handled_up_to(service) >= count


async def _ends_at(consumer: Consumer, count: int) -> bool:
    return sum(consumer.ends().values()) >= count
