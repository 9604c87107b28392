"""A release that cannot handle what it reads stops the consumer before it has parked a country."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.events.admission import Message
from chassis.events.consumer import Inbox, replay_stream
from chassis.events.limits import Limits, TooManyParked, end, standing
from tests.chassis.pipeline import (
    ORIGIN,
    PARTITIONS,
    TOPIC,
    Probe,
    Side,
    eventually,
    given,
    message,
    running,
    side,
    withdrawn,
)

LIMITS = Limits(streams=4, share=0.1, hours=24)
FAULTY, GOOD = frozenset({13}), frozenset[int]()


@pytest.fixture
async def referral(postgres: Any) -> Any:
    async with side(postgres, "referral") as one:
        yield one


@pytest.fixture
def probe() -> Probe:
    return Probe(poison=set(FAULTY))


def inbox(referral: Side, probe: Probe, limits: Limits = LIMITS) -> Inbox:
    return Inbox(referral.database, [probe.subscription()], limits=limits)


async def take(
    referral: Side, probe: Probe, messages: Sequence[Message], limits: Limits = LIMITS, **positions: int
) -> None:
    one = inbox(referral, probe, limits)
    kept = {(TOPIC, 0): positions["at"]} if "at" in positions else None
    await one.take(one.read(messages), kept)


async def waiting(referral: Side) -> int:
    ((count,),) = await referral.rows("select count(*) from chassis.parked where state = 'waiting'")
    return int(count)


async def stops(referral: Side) -> Any:
    return await referral.rows('select "offset", reason, streams from chassis.stops order by stopped_at')


def poisoned(count: int, *, first: int = 0) -> list[Message]:
    return [message(given(uuid4(), 13), 1, offset=first + n) for n in range(count)]


async def test_one_by_one_no_more_streams_are_parked_than_the_limit_and_it_says_why(
    referral: Side, probe: Probe
) -> None:
    for one in poisoned(4):
        await take(referral, probe, [one])
    with pytest.raises(TooManyParked):
        await take(referral, probe, poisoned(1, first=4))
    assert await waiting(referral) == 4
    assert await stops(referral) == [(4, "ValueError", 4)]
    ((place,),) = await referral.rows("select distinct place from chassis.parked")
    assert place.startswith("pipeline.py:")


async def test_without_a_limit_every_stream_of_a_faulty_release_is_parked(
    referral: Side, probe: Probe
) -> None:
    """The control: what the test above would show without the limit."""
    await take(referral, probe, poisoned(12), Limits(streams=10_000, share=1.0))
    assert await waiting(referral) == 12


async def test_a_restart_with_the_same_release_parks_nothing_more(referral: Side, probe: Probe) -> None:
    await referral.run(f"insert into chassis.offsets values ('{TOPIC}', 0, 0)")
    batch = poisoned(9)
    for _ in range(3):
        ((at,),) = await referral.rows("select next_offset from chassis.offsets")
        with pytest.raises(TooManyParked):
            await take(referral, Probe(poison=set(FAULTY)), batch[at:], at=at)
    assert await waiting(referral) == 4
    assert await referral.rows("select next_offset from chassis.offsets") == [(4,)]
    assert len(await stops(referral)) == 1


async def test_a_good_release_goes_on_from_there_and_nothing_is_lost_doubled_or_out_of_order(
    referral: Side, probe: Probe
) -> None:
    await referral.run(f"insert into chassis.offsets values ('{TOPIC}', 0, 0)")
    cases = [uuid4() for _ in range(8)]
    events = [(case, revision) for revision in (12, 13, 14) for case in cases]
    batch = [message(given(case, revision), revision, offset=n) for n, (case, revision) in enumerate(events)]
    with pytest.raises(TooManyParked):
        await take(referral, probe, batch, at=0)
    ((at,),) = await referral.rows("select next_offset from chassis.offsets")
    await take(referral, Probe(), batch[at:], at=at)
    assert (await standing_now(referral), await waiting(referral)) == (None, 8)

    class Service:
        database = referral.database
        subscriptions = (Probe().subscription(),)

    for case in cases:
        await replay_stream(Service(), "/th/consent", str(case))
    assert by_case(await referral.effects()) == {case: [12, 13, 14] for case in cases}
    assert await waiting(referral) == 0


def by_case(effects: Sequence[tuple[UUID, int]]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for case, revision in effects:
        found.setdefault(case, []).append(revision)
    return found


async def standing_now(referral: Side) -> Any:
    async with referral.database.transaction(ORIGIN) as tx:
        return await standing(tx, LIMITS)


async def test_no_more_than_a_share_of_one_batch_is_parked(referral: Side, probe: Probe) -> None:
    good = [message(given(uuid4(), 1), 1) for _ in range(54)]
    wide = Limits(streams=1_000, share=0.1)
    with pytest.raises(TooManyParked):
        await take(referral, probe, [*good, *poisoned(16)], wide)
    assert await waiting(referral) == 7
    assert len(await referral.effects()) == 54


async def test_a_few_poison_events_are_no_share(referral: Side, probe: Probe) -> None:
    wide = Limits(streams=1_000, share=0.1)
    await take(referral, probe, poisoned(5), wide)
    assert await waiting(referral) == 5


async def test_what_cannot_even_be_read_counts_before_anything_of_it_is_parked(
    referral: Side, probe: Probe
) -> None:
    bad = [message(given(uuid4(), 1), 1, offset=n) for n in range(6)]
    for one in bad:
        one.value = b"{}"
    good = message(given(uuid4(), 1), 1)
    with pytest.raises(TooManyParked):
        await take(referral, probe, [good, *bad])
    assert (await waiting(referral), len(await referral.effects())) == (0, 1)


async def test_what_waits_behind_a_parked_event_is_no_other_stream(referral: Side, probe: Probe) -> None:
    case = uuid4()
    await take(referral, probe, [message(given(case, n), n) for n in range(13, 33)])
    assert await waiting(referral) == 20


async def test_what_an_operator_has_settled_counts_no_longer(referral: Side, probe: Probe) -> None:
    await take(referral, probe, poisoned(4))
    await referral.run("update chassis.parked set state = 'discarded'")
    await take(referral, probe, poisoned(4))
    with pytest.raises(TooManyParked):
        await take(referral, probe, poisoned(1))


async def test_what_was_parked_before_the_window_counts_no_longer(referral: Side, probe: Probe) -> None:
    await take(referral, probe, poisoned(4))
    await referral.run("update chassis.parked set parked_at = now() - interval '25 hours'")
    await take(referral, probe, poisoned(4))
    with pytest.raises(TooManyParked):
        await take(referral, probe, poisoned(1))


async def test_a_stop_outlasts_the_window_until_an_operator_ends_it(referral: Side, probe: Probe) -> None:
    await take(referral, probe, poisoned(4))
    with pytest.raises(TooManyParked):
        await take(referral, probe, poisoned(1))
    await referral.run("update chassis.parked set parked_at = now() - interval '25 hours'")
    with pytest.raises(TooManyParked):
        await take(referral, probe, poisoned(1))
    async with referral.database.transaction(ORIGIN) as tx:
        stop = await standing(tx, LIMITS)
        assert stop is not None
        assert await end(tx, stop.id, 3)
        assert not await end(tx, stop.id, 3)
    await take(referral, probe, poisoned(7))
    with pytest.raises(TooManyParked):
        await take(referral, probe, poisoned(1))
    assert await waiting(referral) == 11


async def test_a_withdrawal_runs_ahead_of_a_stopped_consumer_once_and_keeps_its_place(
    referral: Side, probe: Probe
) -> None:
    await referral.run(f"insert into chassis.offsets values ('{TOPIC}', 0, 0)")
    case, known = uuid4(), uuid4()
    before = [message(given(known, 1), 1, offset=0)]
    await take(referral, probe, before, at=0)
    batch = [
        *poisoned(5, first=1),
        message(given(case, 1), 1, offset=6),
        message(withdrawn(case, 2), 2, offset=7),
        message(given(case, 3), 3, offset=8),
        message(withdrawn(known, 2), 2, offset=9),
    ]
    with pytest.raises(TooManyParked):
        await take(referral, probe, batch, at=1)
    one = inbox(referral, probe)
    for _ in range(2):
        await one.run_protective(one.read(batch))
    assert await referral.effects() == [(known, 1), *sorted([(case, 2), (known, 2)])]
    ((at,),) = await referral.rows("select next_offset from chassis.offsets")
    await take(referral, Probe(), batch[at - 1 :], at=at)
    assert by_case(await referral.effects())[case] == [2, 1, 3]
    assert by_case(await referral.effects())[known] == [1, 2]
    await take(referral, Probe(), [message(given(known, 3), 3)])
    assert await referral.rows(
        "select stream, sequence, parked from chassis.marks where stream = any(:s) order by sequence, stream",
        s=[str(case), str(known)],
    ) == [(stream, 3, False) for stream in sorted([str(case), str(known)])]


async def test_a_withdrawal_that_ran_ahead_is_not_run_again_by_a_replay(referral: Side, probe: Probe) -> None:
    case = uuid4()
    batch = [message(given(case, 13), 1), message(withdrawn(case, 2), 2), message(given(case, 3), 3)]
    one = inbox(referral, probe)
    await one.run_protective(one.read(batch))
    await take(referral, probe, batch)
    assert await referral.effects() == [(case, 2)]

    class Service:
        database = referral.database
        subscriptions = (Probe().subscription(),)

    assert await replay_stream(Service(), "/th/consent", str(case)) == (2, 0)
    assert await referral.effects() == [(case, 2), (case, 13), (case, 3)]


async def test_of_what_protects_one_that_fails_holds_up_no_other(referral: Side) -> None:
    case, other = uuid4(), uuid4()
    one = inbox(referral, Probe(poison={2}))
    await one.run_protective(one.read([message(withdrawn(case, 2), 2), message(withdrawn(other, 3), 3)]))
    assert await referral.effects() == [(other, 3)]
    assert await waiting(referral) == 0


async def test_a_stopped_consumer_fails_readiness_with_the_reason_runs_withdrawals_and_goes_on_after_a_release(
    postgres: Any, kafka: Any, topic_prefix: str
) -> None:
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with (
        side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=kafka.bootstrap, prefix=topic_prefix, park_streams=3) as referral,
        running(consent.relay()),
    ):
        last = uuid4()
        cases = [uuid4() for _ in range(8)]
        async with running(consumer := referral.consumer(Probe(poison=set(FAULTY)))):
            await consent.say(*(given(case, 13) for case in cases))
            await eventually(lambda: _says(consumer, "too many streams would be parked"))
            assert "3 are, for ValueError at pipeline.py:" in (consumer.healthy() or "")
            await consent.say(given(last, 1), withdrawn(last, 2))
            await eventually(lambda: _count(referral, 1))
            assert await referral.effects() == [(last, 2)]
        async with running(again := referral.consumer(Probe(poison=set(FAULTY)))):
            await eventually(lambda: _says(again, "too many streams would be parked"))
            assert await waiting(referral) == 3
        async with running(good := referral.consumer(Probe())):
            await eventually(lambda: _count(referral, 5 + 2))
            await eventually(lambda: _is_well(good))
        assert await waiting(referral) == 3
        handled = by_case(await referral.effects())
        assert sorted(map(len, handled.values())) == [1, 1, 1, 1, 1, 2]


async def _says(consumer: Any, words: str) -> bool:
    return words in (consumer.healthy() or "")


async def _is_well(consumer: Any) -> bool:
    return consumer.healthy() is None


async def _count(referral: Side, least: int) -> bool:
    return len(await referral.effects()) >= least
