"""What is kept for a while goes after it, and what still has a use stays."""

import pytest
from sqlalchemy import text

from chassis.purge import next_purge
from services.audit.app import VERSIONS, build
from services.audit.settings import Settings
from tests.harness import running


@pytest.fixture
async def audit(postgres, tmp_path):
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        yield harness


async def execute(audit, *statements):
    async with audit.service.database.engine.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement))


async def column(audit, statement):
    async with audit.service.database.engine.connect() as conn:
        return list((await conn.execute(text(statement))).scalars())


def parked(stream, sequence, state, days):
    return (
        'insert into chassis.parked (source, stream, sequence, topic, partition, "offset", headers, payload, reason, state,'
        f" parked_at) values ('s', '{stream}', {sequence}, 't', 0, 0, '', '', 'r', '{state}', now() - interval '{days} days')"
    )


async def purge(audit):
    async with audit.service.database.transaction(audit.service.database.system()) as tx:
        tx.say(next_purge(tx))
    return await audit.work(hasten=True)


async def test_old_keys_go_and_recent_ones_stay(audit):
    keys = "insert into chassis.idempotency (actor, key, fingerprint, created_at) values ('a', '{}', '', now() - interval '{} days')"
    await execute(audit, keys.format("old", 8), keys.format("recent", 6))
    await purge(audit)
    assert await column(audit, "select key from chassis.idempotency") == ["recent"]


async def test_settled_events_go_unless_their_stream_is_still_parked(audit):
    await execute(
        audit,
        "insert into chassis.marks (source, stream, sequence, parked) values ('s', 'still', 1, true), ('s', 'over', 9, false)",
        parked("still", 2, "done", 40),
        parked("still", 3, "waiting", 40),
        parked("over", 2, "done", 40),
        parked("over", 3, "discarded", 20),
    )
    await purge(audit)
    kept = await column(audit, "select stream || ' ' || sequence from chassis.parked order by 1")
    assert kept == ["over 3", "still 2", "still 3"]


async def test_the_next_purge_is_due_again(audit):
    await purge(audit)
    assert await column(
        audit, "select kind from chassis.work where due_at > now() + interval '23 hours'"
    ) == ["purge"]


async def test_an_operator_tries_failed_work_again(audit):
    await execute(
        audit,
        "insert into chassis.work (id, kind, key, payload, due_at, attempts, state) values"
        " ('00000000-0000-0000-0000-000000000001', 'purge', 'x', '{}', now(), 12, 'failed')",
    )
    why = {"reason": "surroundings_mended"}
    who, path = (
        audit.as_("operator", org="th-operations"),
        "/v1/work/00000000-0000-0000-0000-000000000001/retry",
    )
    assert (await audit.client.post(path, headers=who, json=why)).status_code == 200
    assert await column(audit, "select state || attempts from chassis.work") == ["due0"]
    assert (await audit.client.post(path, headers=who, json=why)).status_code == 404
