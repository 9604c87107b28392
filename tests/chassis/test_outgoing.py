"""A transaction begins with its first statement and ends with its last, each in one way to the server: nobody is left in one that nobody has begun, and nothing
is taken for written that was not.
"""

import asyncio
from contextlib import suppress
from unittest.mock import Mock

import asyncpg
import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.database import EVERYBODY, Database
from chassis.outgoing import SYNC, OutgoingTransport, outgoing

PUT = text("insert into kept (id) values (:id)")
BACKEND = text("select pg_backend_pid()")
SHOWN = text("select current_setting('corridor.organisation')")
SLEEP = text("select pg_sleep(30)")
WRONG = {"id": "no number"}


@pytest.fixture
async def database(database: Database) -> Database:
    """Its connection has asked each of these statements once."""
    with suppress(ZeroDivisionError):
        async with database.transaction(database.system()) as tx:
            for statement, values in ((PUT, {"id": 0}), (BACKEND, {}), (SHOWN, {})):
                await tx.execute(statement, values)
            raise ZeroDivisionError
    return database


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


@pytest.mark.parametrize("ends", [False, True], ids=["first", "last"])
async def test_what_was_refused_and_passed_over_leaves_the_rest_in_the_transaction(
    database: Database, ends: bool
) -> None:
    async def put_and_pass_over() -> None:
        async with database.transaction(database.system()) as tx:
            if ends:
                tx.conn.end()
            with suppress(DBAPIError):
                await tx.execute(PUT, WRONG)
            await tx.execute(PUT, {"id": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await put_and_pass_over()
    assert await kept(database) == []


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


async def test_a_transaction_of_two_statements_is_two_ways_to_the_server(database: Database) -> None:
    ways: list[bytes] = []
    async with database.transaction(database.system()) as tx:
        out = outgoing(tx.conn.driver)
        alone = out.write_alone

        def noted(data: bytes | bytearray | memoryview) -> None:
            ways.append(bytes(data))
            alone(data)

        out.write_alone = noted
        await tx.execute(PUT, {"id": 1})
        tx.conn.end()
        await tx.execute(PUT, {"id": 2})
    out.write_alone = alone
    assert [b"begin" in way for way in ways] == [True, False]
    assert [b"commit" in way for way in ways] == [False, True]
    assert [way.count(SYNC) for way in ways] == [1, 1]
    assert await kept(database) == [1, 2]


async def test_what_is_written_last_is_committed_with_the_statement(database: Database) -> None:
    admin = await asyncpg.connect(database.engine.url.set(drivername="postgresql").render_as_string(False))
    async with database.transaction(database.system()) as tx:
        await tx.execute(PUT, {"id": 1})
        assert await admin.fetchval("select count(*) from kept") == 0
        tx.conn.end()
        await tx.execute(PUT, {"id": 2})
        assert await admin.fetchval("select count(*) from kept") == 2
    await admin.close()


async def put_both(database: Database, statement: TextClause, values: dict[str, object]) -> None:
    """A transaction that puts 1, and ends with this statement."""
    async with database.transaction(database.system()) as tx:
        await tx.execute(PUT, {"id": 1})
        tx.conn.end()
        await tx.execute(statement, values)


@pytest.mark.parametrize(
    ("values", "said"),
    [({"id": 1}, "duplicate key"), (WRONG, "invalid input for query argument")],
    ids=["by the server", "by the driver"],
)
async def test_where_the_last_statement_is_refused_nothing_is_kept(
    database: Database, values: dict[str, object], said: str
) -> None:
    with pytest.raises(DBAPIError, match=said):
        await put_both(database, PUT, values)
    assert await kept(database) == []
    await put(database, 3)
    assert await kept(database) == [3]


async def test_a_rule_that_is_asked_at_the_commit_refuses_what_is_written_last(database: Database) -> None:
    async with database.transaction(database.system()) as tx:
        await tx.execute(
            text("create table beside (id integer references kept deferrable initially deferred)")
        )
    with pytest.raises(IntegrityError):
        await put_both(database, text("insert into beside (id) values (:id)"), {"id": 9})
    assert await kept(database) == []
    await put(database, 3)
    assert await kept(database) == [3]


async def test_what_the_driver_asks_between_takes_nothing_along(database: Database) -> None:
    async with database.transaction(database.system()) as tx:
        with suppress(DBAPIError):
            await tx.execute(PUT, WRONG)
        await tx.conn.driver.fetchval("select 1")
        assert not tx.conn.driver.is_in_transaction()


def test_only_a_statement_that_is_sent_whole_has_company() -> None:
    written: list[bytes] = []
    transport = Mock(write=written.append)
    out = OutgoingTransport(transport)
    out.ahead, out.behind = ["begin"], ["commit"]
    for between in (b"P...H", SYNC):
        out.write(between)
    out.write(b"B...E..." + SYNC)
    out.write(b"Q...")
    assert written[:2] == [b"P...H", SYNC]
    begun, own, ended = written[2].partition(b"B...E...")
    assert b"begin" in begun
    assert own
    assert b"commit" in ended
    assert written[3:] == [b"Q..."]
