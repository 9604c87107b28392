"""Work on a real PostgreSQL that keeps much which is due later."""

import asyncio
from typing import Any

import pytest

from chassis.outbox import DueWork
from chassis.work import WorkItem, WorkKind, WorkPostponed, WorkRunner, no_finish
from tests.chassis.pipeline import ORIGIN, Side, eventually, running, side

_LATER = """
insert into chassis.work (id, kind, key, payload, due_at)
select gen_random_uuid(), 'mail', 'later ' || n, '{}', now() + interval '1 year' from generate_series(1, 200000) as n
"""
_LOOKS = (
    "select seq_scan, idx_scan from pg_stat_user_tables where schemaname = 'chassis' and relname = 'work'"
)


@pytest.fixture
async def consent(postgres: Any) -> Any:
    async with side(postgres, "consent") as one:
        yield one


async def test_what_is_due_is_taken_and_finished_without_a_look_at_what_is_due_later(consent: Side) -> None:
    done: list[str] = []

    async def act(item: WorkItem) -> None:
        if item.key in {"put off", "failing"} and item.attempts == 1 and item.key not in done:
            done.append(item.key)
            raise WorkPostponed(0) if item.key == "put off" else ConnectionError
        done.append(item.key)

    await consent.run(_LATER)
    await consent.run("analyze chassis.work")
    ((whole, _),) = await consent.rows(_LOOKS)
    kind = WorkKind("mail", act, no_finish, backoff=lambda _: 0.0)
    async with running(WorkRunner(consent.settings, consent.database, [kind])):
        for key in ("now", "put off", "failing"):
            async with consent.database.transaction(ORIGIN) as tx:
                tx.say(DueWork("mail", key))
        await eventually(lambda: _are(done, ["failing", "failing", "now", "put off", "put off"]))
        await asyncio.sleep(1.2)  # a server's process tells of its looks once in a second

    async def told() -> bool:
        ((_, along),) = await consent.rows(_LOOKS)
        return bool(along >= 5)

    await eventually(told)
    ((looked, _),) = await consent.rows(_LOOKS)
    assert looked == whole


async def _are(done: list[str], expected: list[str]) -> bool:
    return sorted(done) == expected
