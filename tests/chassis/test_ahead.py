"""What begins a transaction goes to the server with its first statement: nobody is left in a transaction that nobody has begun."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from unittest.mock import AsyncMock

import asyncpg
import pytest
from sqlalchemy import text

from chassis.ahead import StatementsAhead
from chassis.connection import NothingCommitted
from chassis.database import EVERYBODY, Database
from deploy.local.testing import Databases

PUT = text("insert into kept (id) values (:id)")
BACKEND = text("select pg_backend_pid()")
SHOWN = text("select current_setting('corridor.organisation')")
SLEEP = text("select pg_sleep(30)")
WRONG = {"id": "no number"}


@pytest.fixture
async def database(postgres: Databases) -> AsyncIterator[Database]:
    """A database whose service has one connection, which has asked each of these statements once."""
    address, _ = await postgres.create_database("ahead")
    made = Database(address, publisher="intake", cell="TH", pool_size=1)
    async with made.transaction(made.system()) as tx:
        await tx.execute(text("create table kept (id integer primary key)"))
    with suppress(ZeroDivisionError):
        async with made.transaction(made.system()) as tx:
            for statement, values in ((PUT, {"id": 0}), (BACKEND, {}), (SHOWN, {})):
                await tx.execute(statement, values)
            raise ZeroDivisionError
    yield made
    await made.close()


async def put(database: Database, number: int) -> None:
    async with database.transaction(database.system()) as tx:
        await tx.execute(PUT, {"id": number})


async def put_and_fail(database: Database, number: int) -> None:
    """Put by the first statement of a transaction, and give it up."""
    with suppress(ZeroDivisionError):
        async with database.transaction(database.system()) as tx:
            await tx.execute(PUT, {"id": number})
            raise ZeroDivisionError


async def kept(database: Database) -> list[int]:
    return [row.id for row in await database.look(text("select id from kept order by id"), {})]


async def put_wrong(database: Database, *, later: bool) -> None:
    """Ask for something with a value that the driver refuses to send; `later`: where settings go ahead of it in the middle of a transaction."""
    async with database.transaction(database.system()) as tx:
        if later:
            await tx.execute(PUT, {"id": 7})
        async with tx.of_everybody():
            try:
                await tx.execute(PUT, WRONG)
            finally:
                await asyncio.sleep(0.05)  # whoever handles an error may wait for something


async def test_of_a_transaction_without_a_statement_the_server_never_hears(database: Database) -> None:
    admin = await asyncpg.connect(database.engine.url.set(drivername="postgresql").render_as_string(False))
    state = "select state from pg_stat_activity where pid = $1"
    number = (await database.look(BACKEND, {})).scalar_one()
    async with database.transaction(database.system()) as tx:
        assert await admin.fetchval(state, number) == "idle"
        await tx.execute(BACKEND)
        assert await admin.fetchval(state, number) == "idle in transaction"
    assert await admin.fetchval(state, number) == "idle"
    await admin.close()


async def test_the_first_statement_is_in_the_transaction(database: Database) -> None:
    await put_and_fail(database, 1)
    assert await kept(database) == []


async def test_a_setting_holds_from_the_next_statement_on_and_no_longer_than_the_transaction(
    database: Database,
) -> None:
    origin = database.system()
    async with database.transaction(type(origin)("a", "th-care", "p")) as tx:
        first = (await tx.execute(SHOWN)).scalar_one()
        async with tx.of_everybody():
            within = (await tx.execute(SHOWN)).scalar_one()
        after = (await tx.execute(SHOWN)).scalar_one()
    assert [first, within, after] == ["th-care", EVERYBODY, "th-care"]
    assert (await database.look(SHOWN, {})).scalar_one() == ""


@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
async def test_a_value_that_the_driver_refuses_leaves_nothing_behind(database: Database, later: bool) -> None:
    for _ in range(3):
        with pytest.raises(Exception, match="invalid input for query argument"):
            await put_wrong(database, later=later)
        await put(database, 1)
        assert await kept(database) == [1]
        async with database.transaction(database.system()) as tx:
            await tx.execute(text("delete from kept"))


async def test_a_value_that_was_refused_and_passed_over_is_no_commit_in_silence(database: Database) -> None:
    async def put_and_pass_over() -> None:
        async with database.transaction(database.system()) as tx:
            with suppress(Exception):
                await tx.execute(PUT, WRONG)

    with pytest.raises(NothingCommitted):
        await put_and_pass_over()


async def test_while_a_statement_that_was_broken_off_has_not_ended_they_go_a_way_of_their_own() -> None:
    driver = AsyncMock()
    driver._protocol._is_cancelling = lambda: True
    ahead = StatementsAhead(driver)
    ahead.add("begin", "set local a.b = 'c'")
    await ahead.send()
    driver.execute.assert_awaited_once_with("begin; set local a.b = 'c'")
    driver._transport.write.assert_not_called()
    assert not ahead


@pytest.mark.parametrize("in_transaction", [True, False], ids=["in a transaction", "outside of one"])
async def test_a_transaction_after_a_statement_that_was_broken_off_is_whole(
    database: Database, in_transaction: bool
) -> None:
    async def sleeper() -> None:
        if not in_transaction:
            await database.look(SLEEP, {})
            return
        async with database.transaction(database.system()) as tx:
            await tx.execute(SLEEP)

    for number in range(3):
        task = asyncio.create_task(sleeper())
        await asyncio.sleep(0.1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await put_and_fail(database, 10)
        await put(database, number)
    assert await kept(database) == [0, 1, 2]
    asleep = "select count(*) from pg_stat_activity where state = 'active' and query = 'select pg_sleep(30)'"
    assert (await database.look(text(asleep), {})).scalar_one() == 0


async def test_an_error_of_the_first_statement_ends_the_transaction_alone(database: Database) -> None:
    await put(database, 1)
    before = (await database.look(BACKEND, {})).scalar_one()
    for _ in range(2):
        with pytest.raises(Exception, match="duplicate key"):
            await put(database, 1)
    await put(database, 2)
    assert await kept(database) == [1, 2]
    assert (await database.look(BACKEND, {})).scalar_one() == before
