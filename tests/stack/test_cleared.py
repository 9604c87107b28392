"""A database that a test is done with is given to the next one of its kind as it was made, or not at all."""

import asyncpg
import pytest

from chassis.migrate import migrate
from deploy.local.cleared import MOST_ROWS
from deploy.local.testing import Databases
from services.audit.app import VERSIONS

WRITTEN = (
    "insert into chassis.case_references (case_id, reference) values (gen_random_uuid(), 'TH-2345-6789')",
    "insert into audit.entries select 1, now(), gen_random_uuid(), '', '', '', 1, '', '', '', '', '', '', '', '{}', '', ''",
    "update chassis.relay set max_pos = 5",
    "delete from audit.head",
    "select nextval('chassis.outbox_pos_seq')",
)
"""An entry of the log among it, which a trigger lets nobody delete."""


@pytest.fixture
def databases(postgres_dsn, server_run) -> Databases:
    return Databases(postgres_dsn, server_run.directory)


async def lent(databases: Databases) -> str:
    owner, _ = await databases.create_migrated("cleared", lambda url, _: migrate(url, "audit", VERSIONS))
    return owner.replace("+asyncpg", "")


async def ran(address: str, *statements: str) -> None:
    connection = await asyncpg.connect(address)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def contents(address: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, and where the numbers stand."""
    connection = await asyncpg.connect(address)
    columns = await connection.fetch(
        "select c.oid::regclass::text as name, case relkind when 'r' then '*' else 'last_value, is_called' end as columns"
        " from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'S') and nspname in ('chassis', 'audit')"
    )
    found = {name: await connection.fetch(f"select {which} from {name}") for name, which in columns}
    await connection.close()
    return {name: [tuple(row) for row in rows] for name, rows in found.items()}


async def test_it_comes_back_as_it_was_made_even_what_a_trigger_keeps_and_numbers_begin_again(databases):
    first = await lent(databases)
    made = await contents(first)
    await ran(first, *WRITTEN)
    assert len([name for name, rows in (await contents(first)).items() if rows != made[name]]) == len(WRITTEN)
    await databases.drop_all()
    again = await lent(databases)
    assert (again, await contents(again)) == (first, made)
    await databases.drop_all()


@pytest.mark.parametrize(
    "change",
    [
        "alter table audit.head add column more text",
        "create table audit.more (id int)",
        "drop index audit.entries_stream",
        "grant select on audit.head to public",
        f"insert into chassis.case_references select n, gen_random_uuid() from generate_series(0, {MOST_ROWS}) n",
        "analyze chassis.relay",
    ],
)
async def test_where_a_test_changed_more_than_rows_the_next_one_gets_another(databases, change):
    first = await lent(databases)
    made = await contents(first)
    await ran(first, change)
    await databases.drop_all()
    other = await lent(databases)
    assert (other == first, await contents(other)) == (False, made)
    await databases.drop_all()


async def test_a_transaction_that_a_test_left_open_is_cut_off(databases):
    first = await lent(databases)
    open_still = await asyncpg.connect(first)
    await open_still.execute("begin; update chassis.relay set max_pos = 7")
    await databases.drop_all()
    assert (await lent(databases), open_still.is_closed()) == (first, True)
    await databases.drop_all()
