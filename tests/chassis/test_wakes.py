"""Nothing polls while nothing happens, and nothing waits for a poll: wakes by commit, by another process, and by the clock."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.clock import utc_now
from chassis.database import Database, DueWork
from chassis.wakes import Wake
from chassis.work import WorkItem, WorkKind, WorkPostponed, WorkRunner, no_finish, retry_failed
from tests.chassis.pipeline import ORIGIN, PARTITIONS, TOPIC, Side, eventually, given, running, side

SOON = 10
NEVER = 3600.0
"""Seconds of the poll: whoever was not woken is not saved by it."""


@pytest.fixture
async def consent(postgres: Any, kafka: Any, topic_prefix: str) -> Any:
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    async with side(
        postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix, poll_seconds=NEVER
    ) as one:
        yield one


@asynccontextmanager
async def another_process(consent: Side) -> AsyncIterator[Database]:
    """The same service once more, without a loop: it can but commit."""
    url = consent.settings.database_url.get_secret_value()
    database = Database(url, publisher="consent", cell="TH", prefix=consent.settings.topic_prefix)
    yield database
    await database.close()


class Worker:
    """Work that is noted when it is done."""

    def __init__(self, consent: Side) -> None:
        self.done: dict[str, datetime] = {}
        self._consent = consent

    async def act(self, item: WorkItem) -> None:
        if item.attempts == 1 and item.payload.get("fails"):
            raise ConnectionError
        if item.payload.get("not_before", "") > utc_now().isoformat():
            raise WorkPostponed(0.5)
        self.done[item.key] = utc_now()

    def runner(self, **settings: Any) -> WorkRunner:
        kind = WorkKind("mail", self.act, no_finish, backoff=lambda _: 0.1, **settings)
        return WorkRunner(self._consent.settings, self._consent.database, [kind])

    async def has_done(self, *keys: str) -> None:
        async def done() -> bool:
            return {*keys} <= self.done.keys()

        await eventually(done, SOON)


async def due(database: Database, *items: DueWork) -> None:
    async with database.transaction(ORIGIN) as tx:
        tx.say(*items)


async def published(consent: Side, pos: int) -> None:
    await eventually(lambda: consent.rows("select 1 from chassis.relay where max_pos >= :pos", pos=pos), SOON)


async def test_what_another_process_says_is_published_at_once(consent: Side) -> None:
    async with running(consent.relay()), another_process(consent) as other:
        await consent.say(given(uuid4(), 1))
        await published(consent, 1)
        async with other.transaction(ORIGIN) as tx:
            tx.say(given(uuid4(), 1))
        await published(consent, 2)


async def test_what_was_written_before_the_end_of_a_transaction_wakes_too(consent: Side) -> None:
    async with running(consent.relay()):
        await asyncio.sleep(0.5)
        async with consent.database.transaction(ORIGIN) as tx:
            tx.say(given(uuid4(), 1))
            await tx.flush()
        await published(consent, 1)


async def test_a_relay_that_lost_its_connection_hears_other_processes_again(consent: Side) -> None:
    async with running(consent.relay()), another_process(consent) as other:
        await consent.say(given(uuid4(), 1))
        await published(consent, 1)
        await asyncio.sleep(2)  # what was published is forgotten a second later: from then on the relay waits
        ended = await consent.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'corridor-relay' and datname = current_database()"
        )
        assert ended == [(True,)]
        async with other.transaction(ORIGIN) as tx:
            tx.say(given(uuid4(), 1))
        await published(consent, 2)


async def test_work_of_another_process_is_done_at_once_and_at_its_time(consent: Side) -> None:
    worker = Worker(consent)
    async with running(consent.relay(), worker.runner()), another_process(consent) as other:
        await asyncio.sleep(0.5)
        at = utc_now() + timedelta(seconds=2)
        await due(other, DueWork("mail", "later", due_at=at), DueWork("mail", "now"))
        await worker.has_done("now", "later")
    assert worker.done["now"] < at <= worker.done["later"] < at + timedelta(seconds=2)


async def test_a_row_that_is_due_sooner_than_the_next_one_is_not_waited_for_with_it(consent: Side) -> None:
    worker = Worker(consent)
    now = utc_now()
    await due(consent.database, DueWork("mail", "day", due_at=now + timedelta(days=1)))
    async with running(worker.runner()):
        await asyncio.sleep(0.5)
        await due(consent.database, DueWork("mail", "second", due_at=now + timedelta(seconds=2)))
        await due(consent.database, DueWork("mail", "first", due_at=now + timedelta(seconds=1)))
        await worker.has_done("first", "second")
    assert now + timedelta(seconds=1) <= worker.done["first"] < worker.done["second"]
    assert "day" not in worker.done


async def test_work_that_was_due_in_time_to_come_is_known_to_a_process_that_starts(consent: Side) -> None:
    await due(consent.database, DueWork("mail", "1", due_at=utc_now() + timedelta(seconds=1)))
    worker = Worker(consent)
    async with running(worker.runner()):
        await worker.has_done("1")


async def test_what_a_process_had_in_hand_when_it_died_is_taken_on_when_the_lease_ends(consent: Side) -> None:
    await due(consent.database, DueWork("mail", "1"))
    await consent.run(
        "update chassis.work set claimed_until = clock_timestamp() + interval '1 s', attempts = 1"
    )
    worker = Worker(consent)
    async with running(worker.runner()):
        await worker.has_done("1")


async def test_what_failed_is_put_off_and_tried_again_without_a_poll(consent: Side) -> None:
    worker = Worker(consent)
    async with running(worker.runner()):
        await due(consent.database, DueWork("mail", "1", {"fails": True}))
        await worker.has_done("1")


async def test_what_was_not_yet_possible_is_tried_again_without_a_poll(consent: Side) -> None:
    worker = Worker(consent)
    async with running(worker.runner()):
        possible = utc_now() + timedelta(seconds=1)
        await due(consent.database, DueWork("mail", "1", {"not_before": possible.isoformat()}))
        await worker.has_done("1")


async def test_an_operator_who_tries_again_what_was_given_up_is_not_kept_waiting(consent: Side) -> None:
    worker = Worker(consent)
    async with running(worker.runner(max_attempts=1)):
        await due(consent.database, DueWork("mail", "1", {"fails": True}))
        await eventually(lambda: consent.rows("select 1 from chassis.work where state = 'failed'"), SOON)
        ((id_,),) = await consent.rows("select id from chassis.work")
        await consent.run("update chassis.work set payload = '{}'")
        await asyncio.sleep(0.5)
        async with consent.database.transaction(ORIGIN) as tx:
            assert await retry_failed(tx, id_)
        await worker.has_done("1")


async def test_a_wake_that_was_lost_is_made_good_by_the_poll(
    postgres: Any, kafka: Any, topic_prefix: str
) -> None:
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    settings = {"kafka": kafka.bootstrap, "prefix": topic_prefix, "poll_seconds": 1.5}
    async with side(postgres, "consent", **settings) as consent, another_process(consent) as deaf:
        deaf.wakes.say = deaf.wakes.say_due = lambda _: None  # type: ignore[method-assign, assignment]
        worker = Worker(consent)
        async with running(consent.relay(), worker.runner()):
            await asyncio.sleep(0.5)
            async with deaf.transaction(ORIGIN) as tx:
                tx.say(given(uuid4(), 1), DueWork("mail", "1"))
            await published(consent, 1)
            await worker.has_done("1")


async def test_loops_that_wait_ask_the_database_nothing(consent: Side) -> None:
    asked: list[str] = []
    worker = Worker(consent)
    async with running(worker.runner()):
        await due(consent.database, DueWork("mail", "1"))
        await worker.has_done("1")
        await asyncio.sleep(0.5)
        look = consent.database.look

        async def counted(statement: Any, parameters: Any) -> Any:
            asked.append(str(statement))
            return await look(statement, parameters)

        consent.database.look = counted  # type: ignore[method-assign]
        await asyncio.sleep(2)
    assert asked == []


async def test_a_process_whose_own_loops_wait_tells_no_other(consent: Side) -> None:
    told: list[Wake] = []

    async def tell(wakes: Collection[Wake]) -> None:
        told.extend(wakes)

    consent.database.wakes._tell = tell
    await consent.say(given(uuid4(), 1))
    await consent.database.wakes.told()
    assert told == [Wake.EVENTS]
    async with running(consent.relay()):
        await published(consent, 1)
        await consent.say(given(uuid4(), 1))
        await published(consent, 2)
        await consent.database.wakes.told()
    assert told == [Wake.EVENTS]
