"""A connection of the pool, asked straight of the driver. SQLAlchemy keeps the pool, writes statements and names errors; between
a statement and its answer it does not stand, because there it took four fifths of the time (ADR 0064).
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import Connection, Engine, PoolProxiedConnection, TextClause, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.util.concurrency import greenlet_spawn, in_greenlet

from chassis.outgoing import outgoing

MOST_PREPARED = 200
"""Statements that a connection keeps prepared; of more, the one goes that was asked longest ago."""
_ONCE = "force_generic_plan"
PLANNED_ONCE = {"plan_cache_mode": _ONCE}
"""The setting of a connection on which each statement is planned once; a plan for the values of each case took a sixth of its CPU (ADR 0071)."""
_HOW = {True: "plan_cache_mode = auto", False: f"plan_cache_mode = {_ONCE}"}
"""The settings of a transaction from a statement on that is planned by its values, and from one on that is not."""
_VARIES = re.compile(
    r"\blimit :|\bcast\(:\w+ as [\w ]+\) is null or\b"
    r"|(?<![-<>@])[<>]=? \(?(?:cast\()?:|(?<!:):\w+(?: as [\w ]+\))? [<>]=? |\bbetween (?:cast\()?:"
)
"""In the text of a statement: a page, a filter that may be left out, or what is before or after a value. Which way is the shortest depends on the values, and
PostgreSQL looks at them.
"""
_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_KEPT = "corridor.prepared"


class NothingCommitted(Exception):
    """A statement of the transaction had failed and its error was passed over: PostgreSQL answers `commit` with a rollback."""


class Answer(IteratorResult[Any]):
    """The rows of an answer. `rowcount`: how many rows the statement wrote, or read."""

    def __init__(self, columns: SimpleResultMetaData, records: Sequence[Any], status: str | None) -> None:
        super().__init__(columns, map(tuple, records))
        number = (status or "").rpartition(" ")[2]
        self.rowcount = int(number) if number.isdigit() else -1


class KeptStatement(NamedTuple):
    """A statement that a connection keeps prepared, and the names of its columns."""

    statement: "PreparedStatement[Any]"
    columns: SimpleResultMetaData


class PreparedStatements:
    """The statements that are prepared on each connection of a pool. All are forgotten as soon as one turns out to be older than
    a migration.
    """

    def __init__(self) -> None:
        self._generation = 0

    def forget(self) -> None:
        self._generation += 1

    def on(self, info: MutableMapping[Any, Any]) -> dict[str, KeptStatement]:
        """The statements of the connection that has this `info`, by their SQL."""
        kept: tuple[int, dict[str, KeptStatement]] | None = info.get(_KEPT)
        if kept is None or kept[0] != self._generation:
            kept = info[_KEPT] = self._generation, {}
        return kept[1]


def open_in_greenlet(*_: Any) -> None:
    """Heard before a connection is opened, which waits for the server. Raises MissingGreenlet where nobody could wait."""
    if not in_greenlet():
        raise MissingGreenlet


async def lent(engine: Engine) -> PoolProxiedConnection:
    """A connection of the engine's pool. One that lies there is taken at once; only for another is the way gone through SQLAlchemy's greenlet, which costs
    more than a statement. Raises the errors of SQLAlchemy.
    """
    pool: Any = engine.pool
    if pool.checkedin():
        with suppress(MissingGreenlet):  # it was lost, and another is opened in its place
            found: PoolProxiedConnection = pool.connect()
            return found
    return (await greenlet_spawn(engine.connect)).connection


class DirectConnection:
    """One connection, for as long as somebody has it in hand."""

    def __init__(self, engine: Engine, lent: PoolProxiedConnection, statements: PreparedStatements) -> None:
        driver: Any = lent.driver_connection
        self._engine, self._lent, self._statements = engine, lent, statements
        self.driver: asyncpg.Connection[Any] = driver
        self._prepared = statements.on(lent.info)
        self._ahead: list[str] = []
        self._by_values = self._open = self._began = self._ends = False

    def begin(self) -> None:
        """Begin a transaction. It is sent with the first statement; of a transaction without any the server never hears."""
        self._open = True
        self._ahead.append("begin")

    def set_local(self, setting: str) -> None:
        """Set something for the transaction, from its next statement on."""
        self._ahead.append(f"set local {setting}")

    def end(self) -> None:
        """Commit with the next statement, which is the last; how many rows that one wrote is not told."""
        self._ends = self._open

    async def execute(
        self, statement: TextClause, parameters: Mapping[str, Any] | None = None, *, steady: bool = False
    ) -> Answer:
        """The answer to a statement. `steady`: its way is the same whatever its values are, although its text looks otherwise. Raises the errors of
        SQLAlchemy.
        """
        sql, names, varies = _written(statement.text)
        values = [parameters[name] for name in names] if parameters else ()
        if (varies or steady) and self._by_values is steady and self._open:
            self._by_values = not steady
            self.set_local(_HOW[self._by_values])
        try:
            prepared = self._prepared.pop(sql, None) or await self._prepare(sql)
            self._prepared[sql] = prepared  # the last is the one that was asked last
            records = await self._ask(prepared.statement, values)
        except BaseException as error:  # noqa: BLE001  # a cancelled statement leaves a connection that nobody may have
            await self._raise(error, sql)
        return Answer(prepared.columns, records, prepared.statement.get_statusmsg())

    async def _ask(self, statement: "PreparedStatement[Any]", values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement. What waits to go ahead of it goes on waiting where the driver refuses a value and sends nothing."""
        out = outgoing(self.driver)
        out.ahead, out.behind = self._ahead, ["commit"] if self._ends else []
        try:
            records = await statement.fetch(*values)
        finally:
            self._ahead = out.ahead
            self._began = self._open
            ended, self._ends = self._ends, False
            out.clear()
        if ended:
            self._open = self._began = False
        return records

    async def _run(self, sql: str) -> str:
        """Run a statement that is written whole and reads nothing; what it came to."""
        try:
            return await self.driver.execute(sql)
        except BaseException as error:  # noqa: BLE001  # as above
            await self._raise(error, sql)

    async def commit(self) -> None:
        """Raises NothingCommitted where PostgreSQL had already given the transaction up."""
        if self._began and await self._run("commit") != "COMMIT":
            raise NothingCommitted

    async def roll_back(self) -> None:
        """End the transaction without effect, where the connection still has one."""
        if self._began and not self.driver.is_closed():
            await self._run("rollback")

    async def give_back(self) -> None:
        """Give it back to the pool. One that nobody else may have, because it is broken or in the middle of a transaction, is ended before."""
        try:
            if self.driver.is_closed() or self.driver.is_in_transaction():
                self.driver.terminate()
                if self._lent.is_valid:
                    await greenlet_spawn(self._lent.invalidate)
        finally:
            self._lent.close()

    async def _prepare(self, sql: str) -> KeptStatement:
        while len(self._prepared) >= MOST_PREPARED:
            del self._prepared[next(iter(self._prepared))]
        statement = await self.driver.prepare(sql)
        columns = SimpleResultMetaData([column.name for column in statement.get_attributes()])
        return KeptStatement(statement, columns)

    async def _raise(self, error: BaseException, sql: str) -> NoReturn:
        """Raise the error as SQLAlchemy does; where the connection is broken, its pool opens new ones."""
        if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.InternalServerError):
            self._statements.forget()
        if self._lent.is_valid:
            await greenlet_spawn(_raised, Connection(self._engine, self._lent), error, sql)
        raise error


def _raised(connection: Connection, error: BaseException, sql: str) -> None:
    try:
        connection.connection.dbapi_connection._handle_exception(error)  # type: ignore[union-attr]  # noqa: SLF001
    except BaseException as named:  # noqa: BLE001
        ours = isinstance(named, connection.dialect.loaded_dbapi.Error)
        connection._handle_dbapi_exception(named, sql if ours else None, None, None, None)  # noqa: SLF001


@lru_cache(maxsize=4096)
def _written(sql: str) -> tuple[str, tuple[str, ...], bool]:
    """The SQL as the driver takes it, the names of its parameters in their order, and whether it is planned by its values."""
    compiled = text(sql).compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ()), _VARIES.search(sql) is not None
