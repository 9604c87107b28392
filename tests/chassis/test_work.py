"""Work on a real PostgreSQL: claimed once, finished once, tried again, given up visibly."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.clock import utc_now
from chassis.database import DueWork, Transaction
from chassis.work import (
    NOTHING_FOLLOWS,
    WorkItem,
    WorkKind,
    WorkPostponed,
    WorkRunner,
    backlog,
    backoff,
    no_finish,
    retry_failed,
)
from tests.chassis.pipeline import ORIGIN, Side, eventually, given, running, side

Finish = Callable[[Transaction, WorkItem, Any], Awaitable[None]]


@pytest.fixture
async def consent(postgres: Any) -> Any:
    async with side(postgres, "consent") as one:
        yield one


async def due(consent: Side, *items: DueWork) -> None:
    async with consent.database.transaction(ORIGIN) as tx:
        tx.say(*items)


async def nothing(tx: Transaction, item: WorkItem, result: Any) -> None:
    """Finish without an effect."""


async def effect(tx: Transaction, item: WorkItem, result: Any) -> None:
    await tx.execute(text(f"insert into probe.effects (revision) values ({int(item.key)})"))


def kind(act: Callable[[WorkItem], Awaitable[Any]], finish: Finish = nothing, **settings: Any) -> WorkKind:
    return WorkKind("mail", act, finish, **{"backoff": lambda _: 0.0, **settings})


def runner(consent: Side, *kinds: WorkKind, lanes: Mapping[str, int] | None = None) -> WorkRunner:
    return WorkRunner(consent.settings, consent.database, kinds, lanes=lanes)


async def rows(consent: Side) -> list[Any]:
    return await consent.rows("select key, state, attempts, last_error from chassis.work order by key")


async def test_what_is_due_is_acted_on_and_finished_and_gone(consent: Side) -> None:
    async def act(item: WorkItem) -> str:
        return f"sent {item.payload['template']}"

    async def finish(tx: Transaction, item: WorkItem, result: Any) -> None:
        assert result == "sent arrived"
        tx.say(given(uuid4(), 1))

    await due(consent, DueWork("mail", "1", {"template": "arrived"}))
    assert await runner(consent, kind(act, finish)).run_due() == 1
    assert await rows(consent) == []
    assert await consent.rows("select type from chassis.outbox") == [("consent.given.v1",)]


async def test_the_same_work_said_twice_is_one_row(consent: Side) -> None:
    await due(consent, DueWork("mail", "1"), DueWork("mail", "1"), DueWork("mail", "2"))
    await due(consent, DueWork("mail", "1"))
    assert [row[0] for row in await rows(consent)] == ["1", "2"]


async def test_work_waits_until_it_is_due(consent: Side) -> None:
    await due(consent, DueWork("mail", "1", due_at=utc_now() + timedelta(hours=1)))
    assert await runner(consent, kind(_acts)).run_due() == 0
    consent.database.clock = lambda: utc_now() + timedelta(hours=2)
    assert await runner(consent, kind(_acts)).run_due() == 1


async def _acts(item: WorkItem) -> None:
    return None


async def test_a_failure_is_tried_again_and_given_up_visibly(consent: Side) -> None:
    attempts: list[int] = []

    async def fail(item: WorkItem) -> None:
        attempts.append(item.attempts)
        raise ConnectionError("what the other side said")

    await due(consent, DueWork("mail", "1"))
    await runner(consent, kind(fail, max_attempts=3)).run_due()
    assert attempts == [1, 2, 3]
    assert await rows(consent) == [("1", "failed", 3, "ConnectionError")]
    ((id_,),) = await consent.rows("select id from chassis.work")
    async with consent.database.transaction(ORIGIN) as tx:
        assert await retry_failed(tx, id_)
    assert await runner(consent, kind(_acts)).run_due() == 1
    assert await rows(consent) == []


async def test_later_is_not_a_failure(consent: Side) -> None:
    asked: list[int] = []

    async def not_yet(item: WorkItem) -> None:
        asked.append(item.attempts)
        raise WorkPostponed(0 if len(asked) < 5 else 3600)

    await due(consent, DueWork("mail", "1"))
    await runner(consent, kind(not_yet, max_attempts=2)).run_due()
    assert asked == [1, 1, 1, 1, 1]
    assert await rows(consent) == [("1", "due", 0, None)]


async def test_later_in_finish_rolls_back_what_finish_did(consent: Side) -> None:
    async def finish(tx: Transaction, item: WorkItem, result: Any) -> None:
        await effect(tx, item, result)
        raise WorkPostponed(3600)

    await due(consent, DueWork("mail", "1"))
    await runner(consent, kind(_acts, finish)).run_due()
    assert await consent.effects() == []
    assert await rows(consent) == [("1", "due", 0, None)]


async def test_finish_may_say_its_own_work_again(consent: Side) -> None:
    async def again(tx: Transaction, item: WorkItem, result: Any) -> None:
        tx.say(DueWork(item.kind, item.key, due_at=tx.now + timedelta(hours=1)))

    await due(consent, DueWork("mail", "1"))
    assert await runner(consent, kind(_acts, again)).run_due() == 1
    assert await rows(consent) == [("1", "due", 0, None)]


async def test_two_runners_never_act_on_one_item_together(consent: Side) -> None:
    acted: list[str] = []

    async def act(item: WorkItem) -> None:
        acted.append(item.key)
        await asyncio.sleep(0.01)

    await due(consent, *(DueWork("mail", str(n)) for n in range(60)))
    await asyncio.gather(*(runner(consent, kind(act, effect)).run_due() for _ in range(3)))
    assert sorted(acted, key=int) == [str(n) for n in range(60)]
    assert len(await consent.effects()) == 60


@pytest.mark.parametrize("result", [None, NOTHING_FOLLOWS])
async def test_an_item_whose_lease_ran_out_is_finished_by_its_new_owner_alone(
    consent: Side, result: object
) -> None:
    other = runner(consent, kind(_acts, effect))
    taken: list[WorkItem] = []

    async def outlives_its_lease(item: WorkItem) -> object:
        async with consent.database.engine.begin() as conn:
            await conn.exec_driver_sql(
                "update chassis.work set claimed_until = clock_timestamp() - interval '1 s'"
            )
        taken.extend(await other._claim({"": 1}))
        return result

    await due(consent, DueWork("mail", "1"))
    await runner(consent, kind(outlives_its_lease, effect)).run_due()
    assert (len(await rows(consent)), await consent.effects()) == (1, [])
    await other._attempt(taken[0])
    assert len(await consent.effects()) == 1


@pytest.mark.parametrize(("result", "finish"), [(NOTHING_FOLLOWS, effect), (None, no_finish)])
async def test_an_item_of_which_nothing_follows_is_gone_in_one_statement_and_its_finish_is_not_asked(
    consent: Side, result: object, finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(item: WorkItem) -> object:
        return result

    await due(consent, DueWork("mail", "1"))
    monkeypatch.setattr(consent.database, "transaction", None)
    assert await runner(consent, kind(act, finish)).run_due() == 1
    assert (await rows(consent), await consent.effects()) == ([], [])


async def test_an_act_that_outlives_its_lease_is_cut_off(consent: Side) -> None:
    async def hang(item: WorkItem) -> None:
        await asyncio.sleep(60)

    await due(consent, DueWork("mail", "1"))
    await runner(consent, kind(hang, effect, lease_seconds=0.1, max_attempts=1)).run_due()
    assert await rows(consent) == [("1", "failed", 1, "TimeoutError")]
    assert await consent.effects() == []


async def test_a_claim_that_nobody_finished_is_taken_again_when_its_lease_ends(consent: Side) -> None:
    await due(consent, DueWork("mail", "1"))
    crashed = runner(consent, kind(_acts, effect, lease_seconds=0.2))
    assert len(await crashed._claim({"": 1})) == 1
    assert await runner(consent, kind(_acts, effect)).run_due() == 0
    await asyncio.sleep(0.25)
    assert await runner(consent, kind(_acts, effect)).run_due() == 1
    assert len(await consent.effects()) == 1


async def test_a_runner_is_woken_by_the_commit_and_works_on_few_at_a_time(consent: Side) -> None:
    now, most = 0, 0

    async def act(item: WorkItem) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    async def finished() -> bool:
        return len(await consent.effects()) == 30

    async with running(runner(consent, kind(act, effect), lanes={"": 4})):
        await due(consent, *(DueWork("mail", str(n)) for n in range(30)))
        await eventually(finished)
    assert most == 4


async def test_a_stopped_runner_finishes_what_it_has_in_hand(consent: Side) -> None:
    begun = asyncio.Event()

    async def act(item: WorkItem) -> None:
        begun.set()
        await asyncio.sleep(0.3)

    await due(consent, DueWork("mail", "1"))
    async with running(runner(consent, kind(act, effect))):
        await begun.wait()
    assert len(await consent.effects()) == 1


async def test_readiness_names_a_database_that_does_not_answer(consent: Side) -> None:
    await consent.run("alter table chassis.work rename to away")
    loop = runner(consent, kind(_acts))
    async with running(loop):

        async def told() -> bool:
            return loop.healthy() == "PostgreSQL: UndefinedTableError"

        await eventually(told)
        await consent.run("alter table chassis.away rename to work")

        async def well() -> bool:
            return loop.healthy() is None

        await eventually(well)


def test_the_pause_between_attempts_grows_to_five_minutes() -> None:
    assert 0.3 < backoff(1) < 0.7
    assert 200 < backoff(30) < 400


async def test_a_lane_that_is_full_holds_up_no_other(consent: Side) -> None:
    acted: list[str] = []
    released = asyncio.Event()

    async def act(item: WorkItem) -> None:
        if item.lane == "KH":
            await released.wait()
        acted.append(item.key)

    async def have_acted(*keys: str) -> bool:
        return sorted(acted) == sorted(keys)

    many = [f"kh{n}" for n in range(50)]
    await due(consent, *(DueWork("mail", key, lane="KH") for key in many), DueWork("mail", "mm", lane="MM"))
    async with running(runner(consent, kind(act), lanes={"KH": 3, "MM": 3})):
        await eventually(lambda: have_acted("mm"))
        await due(consent, DueWork("mail", "mm2", lane="MM"), DueWork("mail", "home"))
        await eventually(lambda: have_acted("home", "mm", "mm2"))
        released.set()
        await eventually(lambda: have_acted("home", "mm", "mm2", *many))


async def test_in_a_lane_the_lowest_priority_goes_first_however_long_the_others_wait(consent: Side) -> None:
    acted: list[str] = []

    async def act(item: WorkItem) -> None:
        acted.append(item.key)

    now = utc_now()
    early = [
        DueWork("mail", f"resend{n}", due_at=now - timedelta(hours=1), lane="KH", priority=3)
        for n in range(4)
    ]
    await due(
        consent, *early, DueWork("mail", "seal", lane="KH", priority=2), DueWork("mail", "recall", lane="KH")
    )
    await runner(consent, kind(act), lanes={"KH": 1}).run_due()
    assert acted == ["recall", "seal", "resend0", "resend1", "resend2", "resend3"]


async def test_the_backlog_of_a_lane_is_counted_up_to_a_bound(consent: Side) -> None:
    await due(consent, *(DueWork("mail", str(n), lane="KH", priority=n % 2) for n in range(10)))
    async with consent.database.transaction(ORIGIN) as tx:
        counted = [
            await backlog(tx, "KH"),
            await backlog(tx, "KH", priority=1),
            await backlog(tx, "KH", most=3),
            await backlog(tx, "TH"),
        ]
    assert counted == [10, 5, 3, 0]


async def test_what_was_due_first_is_begun_first_and_what_is_urgent_before_it(consent: Side) -> None:
    begun: list[str] = []

    async def act(item: WorkItem) -> None:
        begun.append(item.key)

    late = [DueWork("mail", str(n), due_at=utc_now() - timedelta(minutes=n), priority=1) for n in range(1, 7)]
    await due(consent, *late, DueWork("mail", "urgent", priority=0))
    await runner(consent, kind(act)).run_due()
    assert begun == ["urgent", "6", "5", "4", "3", "2", "1"]
