"""A connection that is asked straight of the driver, on a real PostgreSQL: what SQLAlchemy would have seen to is still seen to."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.connection import MOST_PREPARED, NothingCommitted
from chassis.database import Database
from chassis.faults import transient
from deploy.local.testing import Databases

PUT = text("insert into kept (id) values (:id)")
COUNT = text("select count(*) from kept")


async def count(database: Database) -> int:
    return int((await database.look(COUNT, {})).scalar_one())


async def put_twice(database: Database) -> None:
    async with database.transaction(database.system()) as tx:
        assert (await tx.execute(PUT, {"id": 1})).rowcount == 1
        await tx.execute(PUT, {"id": 1})


async def test_an_error_is_named_as_sqlalchemy_names_it_and_nothing_of_the_transaction_stays(
    database: Database,
) -> None:
    with pytest.raises(IntegrityError) as refused:
        await put_twice(database)
    assert not transient(refused.value)
    assert await count(database) == 0


async def test_an_error_that_is_passed_over_is_no_commit_in_silence(database: Database) -> None:
    async def put_and_pass_over() -> None:
        async with database.transaction(database.system()) as tx:
            await tx.execute(PUT, {"id": 1})
            with suppress(IntegrityError):
                await tx.execute(PUT, {"id": 1})

    with pytest.raises(NothingCommitted):
        await put_and_pass_over()
    assert await count(database) == 0


async def test_a_statement_that_is_broken_off_leaves_no_connection_that_the_next_one_would_get(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def sleeper() -> None:
        async with database.transaction(database.system()) as tx:
            await tx.execute(PUT, {"id": 1})
            begun.set()
            await tx.execute(text("select pg_sleep(30)"))

    task = asyncio.create_task(sleeper())
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await count(database) == 0
    left = (
        "select count(*) from pg_stat_activity where datname = current_database() and xact_start is not null"
    )
    assert (await database.look(text(left), {})).scalar_one() == 1


async def test_a_connection_that_the_server_ended_is_replaced(database: Database) -> None:
    with pytest.raises(DBAPIError) as lost:
        async with database.transaction(database.system()) as tx:
            await tx.execute(text("select pg_terminate_backend(pg_backend_pid())"))
    assert transient(lost.value)
    assert (await database.look(text("select 1"), {})).scalar_one() == 1


async def test_a_statement_that_is_older_than_a_migration_is_refused_once_and_prepared_anew(
    database: Database,
) -> None:
    everything = text("select * from kept")
    await database.look(everything, {})
    async with database.transaction(database.system()) as tx:
        await tx.execute(text("alter table kept add column more text"))
    with pytest.raises(DBAPIError) as stale:
        async with database.transaction(database.system()) as tx:
            await tx.execute(everything)
    assert transient(stale.value)
    async with database.transaction(database.system()) as tx:
        assert list((await tx.execute(everything)).keys()) == ["id", "more"]


async def test_a_connection_keeps_a_bounded_number_of_statements(database: Database) -> None:
    async with database.transaction(database.system()) as tx:
        for number in range(MOST_PREPARED + 20):
            await tx.execute(text(f"select {number}"))
        prepared = (await tx.execute(text("select count(*) from pg_prepared_statements"))).scalar_one()
    assert prepared < MOST_PREPARED + 20  # the driver closes those that are let go a little later


@pytest.mark.parametrize(
    ("ends", "values", "by_values"),
    [
        ("where n = :one and n <> :other", {"one": 1, "other": 2}, False),
        ("where n > :least", {"least": 1}, True),
        ("where :least <= n", {"least": 1}, True),
        ("where n between :least and 5", {"least": 1}, True),
        ("order by n limit :limit", {"limit": 5}, True),
        ("where cast(:least as int) is null or n > :least", {"least": None}, True),
    ],
    ids=["once", "after", "before", "between", "a page", "a filter that may be left out"],
)
async def test_a_statement_is_planned_once_unless_the_shortest_way_depends_on_its_values(
    database: Database, ends: str, values: dict[str, int | None], by_values: bool
) -> None:
    asked = text(f"select n as planned from generate_series(1, 9) as n {ends}")
    plans = text(
        "select generic_plans, custom_plans from pg_prepared_statements where statement like 'select n as planned%'"
    )
    for _ in range(2):
        async with database.transaction(database.system()) as tx:
            await tx.execute(asked, values)
            first = [tuple(row) for row in await tx.execute(plans)]
    assert first == [(0, 2) if by_values else (2, 0)]


async def test_a_steady_statement_is_planned_once_whatever_it_compares_with(database: Database) -> None:
    asked = [
        text(f"select n as planned{one} from generate_series(1, 9) as n where n > :least") for one in (1, 2)
    ]
    plans = text(
        "select generic_plans, custom_plans from pg_prepared_statements where statement like 'select n as planned%' order by statement"
    )
    async with database.transaction(database.system()) as tx:
        for one, steady in zip([*asked, *asked], [False, True] * 2, strict=True):
            await tx.execute(one, {"least": 1}, steady=steady)
        assert [tuple(row) for row in await tx.execute(plans)] == [(0, 2), (2, 0)]


async def test_a_name_that_is_no_organisations_is_written_into_no_statement(database: Database) -> None:
    origin = database.system(organisation="th-care")
    for name in ("x'; drop table kept; --", "a b", "\\"):
        with pytest.raises(ValueError, match="no name"):
            async with database.transaction(type(origin)("a", name, "p")):
                pass
    assert await count(database) == 0


async def test_what_was_opened_while_many_asked_at_once_stays_open(postgres: Databases) -> None:
    address, _ = await postgres.create_database("kept")
    made = Database(address, publisher="intake", cell="TH", pool_size=4)

    async def backend() -> int:
        asked = text("select pg_backend_pid() from pg_sleep(0.02)")
        return int((await made.look(asked, {})).scalar_one())

    first = set(await asyncio.gather(*(backend() for _ in range(12))))
    again = set(await asyncio.gather(*(backend() for _ in range(12))))
    await made.close()
    assert len(first) == 4
    assert first == again
