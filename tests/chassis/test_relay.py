"""The relay on a real broker: in order, nothing lost, nobody waited for."""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.events.gaps import PublishableRows, Tracker
from chassis.events.publisher import Publisher, headers
from chassis.events.relay import BATCH, Relay
from contracts.envelope import Event, Meta
from contracts.events.access import RecordReadV1
from tests.chassis.pipeline import (
    ORIGIN,
    PARTITIONS,
    TOPIC,
    Side,
    eventually,
    given,
    read_topic,
    running,
    side,
)


@pytest.fixture
async def consent(postgres: Any, kafka: Any, topic_prefix: str) -> Any:
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as one:
        yield one


def streams(records: list[Any]) -> dict[str, list[int]]:
    """Sequences by stream, in the order of arrival."""
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        meta = Meta.from_headers(record.headers)
        found[meta.stream].append(meta.sequence)
    return found


async def published(consent: Side, count: int, seconds: float = 20) -> list[Any]:
    return await read_topic(
        consent.settings.kafka_bootstrap, consent.settings.topic(TOPIC), count, seconds=seconds
    )


async def first_seen(consent: Side, stream: str, count: int) -> list[int]:
    """The sequences of a stream as a consumer that drops repeated ones sees them, waited for until they are so many."""
    seen: list[int] = []
    for more in range(count, count + 10):
        seen = list(dict.fromkeys(streams(await published(consent, more))[stream]))
        if len(seen) >= count:
            break
    return seen


async def rolled_back(consent: Side, *events: Event) -> None:
    with suppress(RuntimeError):
        async with consent.database.transaction(ORIGIN) as tx:
            tx.say(*events)
            await tx.flush()
            raise RuntimeError


async def test_an_event_arrives_with_the_attributes_and_the_body_it_was_said_with(consent: Side) -> None:
    case = uuid4()
    await consent.say(given(case, 1))
    async with running(consent.relay()):
        (record,) = await published(consent, 1)
    meta = Meta.from_headers(record.headers)
    assert (meta.source, meta.type, meta.stream, meta.sequence) == (
        "/th/consent",
        "consent.given.v1",
        str(case),
        1,
    )
    assert (meta.actor, meta.organisation, meta.purpose, meta.policy) == (
        "worker-1",
        "th-care-agency",
        "case-management",
        "2026-11",
    )
    assert record.key == str(case).encode()
    assert record.value == given(case, 1).model_dump_json().encode()


async def test_the_headers_are_those_of_the_contract(consent: Side) -> None:
    await consent.say(given(uuid4(), 1))
    async with consent.database.engine.connect() as conn:
        row = (await conn.execute(text("select * from chassis.outbox"))).mappings().one()
    fields = {name: row[name] for name in Meta.model_fields if name != "source"}
    assert list(headers(row, b"/th/consent")) == Meta(source="/th/consent", **fields).headers()


async def test_a_raw_row_leaves_as_its_bytes_alone(consent: Side, kafka: Any, topic_prefix: str) -> None:
    await kafka.create_topics({topic_prefix + "egress.kh": 1})
    async with consent.database.transaction(ORIGIN) as tx:
        tx.publish("egress.kh", "channel", b"sealed")
    async with running(consent.relay()):
        (record,) = await read_topic(kafka.bootstrap, topic_prefix + "egress.kh", 1)
    assert (record.value, record.key, list(record.headers)) == (
        b"sealed",
        b"channel",
        [("content-type", b"application/jose")],
    )


async def test_a_row_that_commits_late_is_published_when_it_commits(consent: Side) -> None:
    late, early = uuid4(), uuid4()
    async with running(consent.relay()):
        async with consent.database.transaction(ORIGIN) as tx:
            tx.say(given(late, 1))
            await tx.flush()
            await consent.say(given(early, 1), given(early, 2))
            first = await published(consent, 2)
            await asyncio.sleep(
                0.3
            )  # the relay looks several times meanwhile, and sees the transaction still open
            tx.say(given(late, 2))
        both = await published(consent, 4)
    assert set(streams(first)) == {str(early)}
    assert streams(both) == {str(early): [1, 2], str(late): [1, 2]}


async def test_a_rolled_back_row_leaves_a_hole_that_is_forgotten(consent: Side) -> None:
    case = uuid4()
    async with running(consent.relay()):
        await rolled_back(consent, *(given(uuid4(), 1) for _ in range(5)))
        await consent.say(given(case, 1))
        assert streams(await published(consent, 1)) == {str(case): [1]}
        await eventually(
            lambda: consent.rows("select 1 from chassis.relay where max_pos = 6 and holes = '{}'")
        )


async def test_a_transaction_that_stays_open_elsewhere_does_not_hold_up_the_others(consent: Side) -> None:
    async with running(consent.relay()), consent.database.engine.connect() as other:
        await consent.say(given(uuid4(), 1))
        await published(consent, 1)
        await other.execute(text("select pg_current_xact_id()"))
        began = time.monotonic()
        await consent.say(given(uuid4(), 1))
        await eventually(lambda: consent.rows("select 1 from chassis.relay where max_pos = 2"), seconds=2)
        assert time.monotonic() - began < 1
        await other.rollback()


async def test_racing_writers_are_never_inverted_within_a_stream(consent: Side) -> None:
    cases = [uuid4() for _ in range(4)]

    async def write(writer: int) -> None:
        for i in range(40):
            chosen = [cases[(writer + i) % 4], cases[(writer * 3 + i) % 4]]
            if i % 7 == 0:
                await rolled_back(consent, *(given(case, i) for case in chosen))
                continue
            async with consent.database.transaction(ORIGIN) as tx:
                tx.say(*(given(case, i) for case in chosen))
                await tx.flush()
                await asyncio.sleep(0.003 * (writer % 3))

    async with running(consent.relay()):
        await asyncio.gather(*(write(writer) for writer in range(5)))
        expected = dict(await consent.rows("select stream, sequence from chassis.streams"))
        records = await published(consent, sum(expected.values()))
    assert streams(records) == {stream: list(range(1, n + 1)) for stream, n in expected.items()}


OLD = "update chassis.outbox set time = now() - interval '49 hours'"


async def test_what_was_published_is_deleted_behind_the_checkpoint_once_it_is_old(consent: Side) -> None:
    await consent.say(*(given(uuid4(), 1) for _ in range(10)))
    await consent.run(OLD)
    async with running(consent.relay()):
        await published(consent, 10)
        await eventually(lambda: _left(consent, 0))


async def test_events_are_kept_for_two_days_and_sealed_envelopes_are_not(consent: Side) -> None:
    async with consent.database.transaction(ORIGIN) as tx:
        tx.say(given(uuid4(), 1), given(uuid4(), 1))
        tx.publish(TOPIC, "channel", b"sealed")
    async with running(consent.relay()):
        await published(consent, 3)
        await eventually(lambda: _left(consent, 2))
    assert await consent.rows("select count(*) from chassis.outbox where type is null") == [(0,)]


async def test_a_restored_outbox_says_what_it_kept_again(consent: Side) -> None:
    case = uuid4()
    async with running(consent.relay()):
        await consent.say(*(given(case, 1) for _ in range(5)))
        await published(consent, 5)
        await eventually(lambda: consent.rows("select 1 from chassis.relay where max_pos = 5"))
    await consent.run("update chassis.relay set max_pos = 0, holes = '{}'")
    async with running(consent.relay()):
        assert streams(await published(consent, 10)) == {str(case): [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]}


async def _left(consent: Side, count: int) -> bool:
    return await consent.rows("select count(*) from chassis.outbox") == [(count,)]


async def test_one_relay_is_active_and_another_takes_over(consent: Side) -> None:
    first, second = consent.relay(), consent.relay()
    await first.start()
    await consent.say(given(uuid4(), 1))
    await published(consent, 1)
    async with running(second):
        await asyncio.sleep(0.3)
        assert second.healthy() is None
        await first.stop()
        await consent.say(given(uuid4(), 1))
        assert len(await published(consent, 2)) == 2


async def test_a_relay_that_loses_its_connection_goes_on(consent: Side) -> None:
    case = uuid4()
    async with running(consent.relay()):
        await consent.say(given(case, 1))
        await published(consent, 1)
        await consent.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'corridor-relay'"
            " and datname = current_database()"
        )
        await consent.say(given(case, 2))
        assert await first_seen(consent, str(case), 2) == [1, 2]


async def test_a_topic_that_is_missing_is_named_by_readiness_and_its_events_wait(
    consent: Side, kafka: Any, topic_prefix: str
) -> None:
    relay = consent.relay()
    topic = topic_prefix + "consent.access"
    async with running(relay):
        await consent.say(RecordReadV1(case_id=uuid4(), resource="consent", fields=("purposes",)))

        async def named() -> bool:
            return topic in (relay.healthy() or "")

        await eventually(named, seconds=30)
        await kafka.create_topics({topic: 1})
        assert len(await read_topic(kafka.bootstrap, topic, 1)) == 1

        async def well() -> bool:
            return relay.healthy() is None

        await eventually(well)


async def test_a_topic_that_is_missing_holds_up_nothing_that_was_said_before(
    consent: Side, kafka: Any, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.relay.BATCH", 2)
    case = uuid4()
    await consent.say(given(case, 1), given(case, 2))
    await consent.say(RecordReadV1(case_id=case, resource="consent", fields=("purposes",)))
    relay = consent.relay()
    async with running(relay):

        async def named() -> bool:
            return topic_prefix + "consent.access" in (relay.healthy() or "")

        await eventually(named, seconds=30)
        [(passed,)] = await consent.rows(
            "select count(*) from chassis.outbox where pos <= (select max_pos from chassis.relay)"
        )
        assert passed == 2
        await kafka.create_topics({topic_prefix + "consent.access": 1})
        assert len(await read_topic(kafka.bootstrap, topic_prefix + "consent.access", 1)) == 1
    assert streams(await published(consent, 2)) == {str(case): [1, 2]}


async def test_batches_that_were_made_while_others_were_sent_arrive_once_and_in_order(
    consent: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead: list[int] = []

    class Watched(Publisher):
        async def made_ahead(self, rows: Any) -> Any:
            made = await super().made_ahead(rows)
            ahead.append(0 if made is None else len(rows))
            return made

    monkeypatch.setattr("chassis.events.relay.BATCH", 100)  # two slices
    monkeypatch.setattr("chassis.events.relay.Publisher", Watched)
    cases = [uuid4() for _ in range(7)]
    for revision in range(1, 61):
        await consent.say(*(given(case, revision) for case in cases))
    async with running(consent.relay()):
        records = await published(consent, 420)
    assert streams(records) == {str(case): list(range(1, 61)) for case in cases}
    # for the first the broker is still asked how many partitions there are
    assert ahead[1:] == [100, 100, 20]


class InTurns:
    """The database and the broker of two full batches: of the first the checkpoint is done only once the second is being sent."""

    def __init__(self, relay: Relay) -> None:
        self.relay, self.sent, self.sending, self.said = relay, 0, asyncio.Event(), list[str]()

    async def load(self) -> Tracker:
        return Tracker(0, {})

    async def read(self, tracker: Tracker) -> PublishableRows:
        begins = tracker.max_pos
        rows = list(range(begins, min(begins + BATCH, 2 * BATCH)))
        return PublishableRows(rows, Tracker(begins + len(rows), {}))

    async def made_ahead(self, rows: list[int]) -> list[int]:
        assert self.sent == 0  # the first is not there yet
        return rows

    async def publish(self, rows: list[int], batches: list[int] | None = None) -> None:
        if rows[0]:
            assert batches == rows
            self.sending.set()
        await asyncio.sleep(0.01)
        self.sent = rows[-1] + 1
        self.said.append(f"sent {self.sent}")

    async def checkpoint(self, tracker: Tracker) -> None:
        assert tracker.max_pos <= self.sent
        await asyncio.wait_for(self.sending.wait(), 5)
        self.said.append(f"checkpoint {tracker.max_pos}")

    async def forget(self, tracker: Tracker) -> None:
        assert self.said[-1] == f"checkpoint {tracker.max_pos}"
        if tracker.max_pos == 2 * BATCH:
            self.relay._stopping.set()


async def test_a_batch_is_checkpointed_while_the_next_is_sent_and_never_before_it_is_acknowledged(
    consent: Side,
) -> None:
    both = InTurns(relay := consent.relay())
    await relay._pump(both, both)  # type: ignore[arg-type]
    assert both.said == [
        f"{what} {number}" for number in (BATCH, 2 * BATCH) for what in ("sent", "checkpoint")
    ]


class OneByOne:
    """A database in which another row follows 10 ms after each that was sent, and a broker that takes its time for one."""

    def __init__(self, relay: Relay, seconds: float) -> None:
        self.relay, self.seconds, self.there, self.sent = relay, seconds, 1, list[int]()

    async def load(self) -> Tracker:
        return Tracker(0, {})

    async def read(self, tracker: Tracker) -> PublishableRows:
        return PublishableRows(list(range(tracker.max_pos, self.there)), Tracker(self.there, {}))

    async def publish(self, rows: list[int], _: None) -> None:
        await asyncio.sleep(self.seconds)
        self.sent.append(len(rows))
        if sum(self.sent) >= 4:
            self.relay._stopping.set()
        for after in (0.01, 0.02, 0.03):
            asyncio.get_running_loop().call_later(after, self._commit)

    def _commit(self) -> None:
        self.there += 1
        self.relay.rouse()

    async def checkpoint(self, tracker: Tracker) -> None:
        assert tracker.max_pos == sum(self.sent)

    async def forget(self, tracker: Tracker) -> None:
        """What is forgotten is another test's."""


@pytest.mark.parametrize(("seconds", "batches"), [(0.03, [1, 3]), (0.0, [1, 1])], ids=["busy", "quiet"])
async def test_where_the_machine_is_busy_rows_wait_for_others_and_on_a_quiet_one_for_nothing(
    consent: Side, seconds: float, batches: list[int]
) -> None:
    one_by_one = OneByOne(relay := consent.relay(), seconds)
    await relay._pump(one_by_one, one_by_one)  # type: ignore[arg-type]
    assert one_by_one.sent[:2] == batches


def test_a_hole_lives_until_no_transaction_below_its_bound_is_open() -> None:
    tracker = Tracker(10, {7: 100})
    assert tracker.skipped([7, 12, 13, 15]) == [11, 14]
    moved = tracker.after([7, 12, 13, 15], horizon=0).with_holes([11, 14], 120)
    assert moved == Tracker(15, {11: 120, 14: 120})
    assert moved.after([], horizon=119) == moved
    assert moved.after([], horizon=120) == Tracker(15, {})
    assert moved.after([11], horizon=0) == Tracker(15, {14: 120})
