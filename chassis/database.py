"""One request or message is one transaction, opened here and nowhere else."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakSet

from pydantic_core import from_json
from sqlalchemy import TextClause, text
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.clock import Clock, utc_now
from chassis.connection import (
    PLANNED_ONCE,
    Answer,
    DirectConnection,
    PreparedStatements,
    lent,
    open_in_greenlet,
)
from chassis.endings import within
from chassis.outbox import DueWork, OutboxRow, work_to_write, write_last
from chassis.set_writes import SetWrite
from chassis.wakes import CHANNEL, Wake, Wakes
from contracts.catalogue import Entry, entry_for
from contracts.envelope import Event
from contracts.organisations import authority

CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 60.0
"""The seconds after which a statement fails: longer than any of ours takes, so that a server that is silent is no
server.
"""
CLOSE_SECONDS = 2.0

EVERYBODY = "*"
_ROWS_OF = "corridor.organisation = '{}'"
"""The setting holds until the transaction ends. Where it was never set, row-level security shows nothing."""
_SHOWN = re.compile(r"\*|[A-Za-z0-9_.:\-]*")
"""The names that may stand in the text of a statement: an organisation's has neither quotes nor spaces."""

# A wake is nothing that has to survive a crash, so nobody waits for it to reach the disk.
_NOTIFY = text(
    f"select set_config('synchronous_commit', 'off', true), pg_notify('{CHANNEL}', wake) from unnest(cast(:wakes as text[])) as said(wake)"
)

log = logging.getLogger(__name__)

Traceparent = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a transaction: the actor, for which organisation, to what end, and under which policy. It stands
    on every event.
    """

    actor: str
    organisation: str
    purpose: str
    policy: str = "none"
    causationid: str | None = None
    rows_of: str = ""
    """The organisation whose rows the database shows (docs/access.md), or EVERYBODY for the service's own acts."""

    @property
    def shown(self) -> str:
        return self.rows_of or self.organisation


@dataclass(slots=True)
class Transaction:
    """One open transaction; its events are written at its end and published after its commit."""

    conn: DirectConnection
    origin: Origin
    now: datetime
    database: "Database"
    rows: list[OutboxRow] = field(default_factory=list)
    due: list[DueWork] = field(default_factory=list)
    beside: list[SetWrite] = field(default_factory=list)
    """Sets that are written together with the events at the end; nothing reads them before."""
    wakes: set[Wake] = field(default_factory=set)
    """The wakes that follow the commit of this transaction."""
    due_at: datetime | None = None
    """The due time of the first work that this transaction has written."""
    idempotency: Any = None
    """The claim on the Idempotency-Key, where the request carries one (chassis.web.http)."""

    def say(self, *facts: Event | DueWork | None, origin: Origin | None = None) -> None:
        """Say events and make work due, in this order. A None is passed over, so a fact may have no event."""
        for fact in facts:
            if isinstance(fact, DueWork):
                self.due.append(fact)
            elif fact is not None:
                self.rows.append(self.database.row(fact, origin or self.origin, self.now))

    def publish(self, topic: str, key: str, payload: bytes) -> None:
        """Put raw bytes on a topic, in order for each key; nothing but the bytes leaves."""
        row = OutboxRow(
            self.database.prefix + topic, key, payload, self.now, "", "", "", "", None, None, None
        )
        self.rows.append(row)

    async def execute(
        self, statement: TextClause, parameters: Mapping[str, Any] | None = None, *, steady: bool = False
    ) -> Answer:
        return await self.conn.execute(statement, parameters, steady=steady)

    @asynccontextmanager
    async def of_everybody(self) -> AsyncIterator[None]:
        """The rows of every organisation, for reads that the policies allow of the whole cell and for finding the
        owner of an identifier.
        """
        self.conn.set_local(_ROWS_OF.format(EVERYBODY))
        yield
        self.conn.set_local(_ROWS_OF.format(self.origin.shown))

    async def clock(self) -> datetime:
        """The database's clock at this moment, not at the transaction's start: for deadlines under a lock."""
        moment: datetime = (await self.conn.execute(text("select clock_timestamp()"))).scalar_one()
        return moment

    def wait_at_most(self, milliseconds: int) -> None:
        """For a lock, until the transaction ends: who would wait longer is answered 503 and asks again."""
        self.conn.set_local(f"lock_timeout = '{milliseconds:d}ms'")

    async def flush(self, *, ends: bool = False) -> None:
        """Write the events and the work said so far; `ends`: and commit with them. The transaction does it at its end."""
        rows, self.rows = self.rows, []
        due, self.due = self.due, []
        beside, self.beside = self.beside, []
        if due:
            beside.append(work_to_write(due, self.now, self.database.traceparent()))
            self.work_due(min(one.due_at or self.now for one in due))
        if rows:
            self.wakes.add(Wake.EVENTS)
        await write_last(self.conn, rows, beside, ends=ends)

    def work_due(self, at: datetime) -> None:
        """A row of work in this transaction is due at this moment."""
        self.due_at = at if self.due_at is None else min(at, self.due_at)

    @staticmethod
    def new_id() -> UUID:
        return uuid4()


class Database:
    """The database of one service: its pool, its transactions, and the wakes that follow a commit."""

    def __init__(
        self,
        url: str,
        *,
        publisher: str,
        cell: str = "",
        prefix: str = "",
        pool_size: int = 16,
        clock: Clock = utc_now,
        traceparent: Traceparent = lambda: None,
    ) -> None:
        self.publisher, self.cell = publisher, cell
        self.source = f"/{cell.lower()}/{publisher}"
        self.prefix = prefix
        self.clock = clock
        self.traceparent = traceparent
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,  # what was opened under load stays: a new connection costs as much as a hundred statements
            pool_timeout=10,
            pool_use_lifo=True,  # a few warm connections, whose statements are prepared, rather than all in turn
            hide_parameters=True,
            json_deserializer=from_json,
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": STATEMENT_SECONDS,
                "server_settings": PLANNED_ONCE,
            },
        )
        self._prepared = PreparedStatements()
        self._connections: WeakSet[Any] = WeakSet()
        listen(self.engine.sync_engine, "do_connect", open_in_greenlet)
        listen(self.engine.sync_engine, "connect", self._connected)
        self.wakes = Wakes(self._notify)
        self.at_end: list[Callable[[Transaction], Awaitable[None]]] = []
        """Asked at the end of each transaction, before its events and its work are written."""
        self._entries: dict[type[Event], Entry] = {}

    @asynccontextmanager
    async def transaction(self, origin: Origin) -> AsyncIterator[Transaction]:
        """Commit at the end, with all events and work of the transaction; roll back whole on any exception."""
        async with self._begun(origin.shown) as conn:
            tx = Transaction(conn, origin, self.clock(), self)
            yield tx
            for step in self.at_end:
                await step(tx)
            await tx.flush(ends=True)
        for wake in tx.wakes:
            self.wakes.say(wake)
        if tx.due_at is not None:
            self.wakes.say_due(tx.due_at)

    async def look(self, statement: TextClause, parameters: Mapping[str, Any]) -> Answer:
        """Look once, outside any transaction, at what is about nobody: one way to the server and back, planned once whatever is looked for."""
        async with self._connection() as conn:
            return await conn.execute(statement, parameters)

    @asynccontextmanager
    async def _begun(self, rows_of: str) -> AsyncIterator[DirectConnection]:
        """A connection in a transaction that sees the rows of one organisation."""
        if not _SHOWN.fullmatch(rows_of):
            raise ValueError("this is no name of an organisation")
        async with self._connection() as conn:
            conn.begin()
            conn.set_local(_ROWS_OF.format(rows_of))
            try:
                yield conn
            except BaseException:
                await conn.roll_back()
                raise
            await conn.commit()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[DirectConnection]:
        engine = self.engine.sync_engine
        conn = DirectConnection(engine, await lent(engine), self._prepared)
        try:
            yield conn
        finally:
            await conn.give_back()

    async def _notify(self, wakes: Collection[Wake]) -> None:
        await self.look(_NOTIFY, {"wakes": [wake.value for wake in wakes]})

    def row(self, event: Event, origin: Origin, now: datetime) -> OutboxRow:
        """The outbox row of an event. Raises KeyError for an event that this service does not say."""
        entry = self._entries.get(type(event))
        if entry is None:
            entry = self._entries[type(event)] = entry_for(type(event), self.publisher)
        return OutboxRow(
            topic=self.prefix + entry.topic,
            stream=entry.stream_of(event),
            payload=event.model_dump_json().encode(),
            time=now,
            actor=origin.actor,
            organisation=origin.organisation,
            purpose=origin.purpose,
            policy=origin.policy,
            type=entry.type,
            causationid=origin.causationid,
            traceparent=self.traceparent(),
            sequenced=entry.sequenced,
        )

    def system(
        self, *, organisation: str = "", purpose: str = "case-management", cause: str | None = None
    ) -> Origin:
        """The origin of the service's own acts, outside any request."""
        return Origin(
            f"system:{self.publisher}",
            organisation or authority(self.cell),
            purpose,
            "none",
            cause,
            EVERYBODY,
        )

    def sever(self) -> None:
        """Close every connection at once: a statement that waits on one fails instead of waiting for an answer."""
        for connection in list(self._connections):
            connection.terminate()

    async def close(self) -> None:
        """Close the pool within a few seconds, also where the server does not answer."""
        await within(CLOSE_SECONDS, self.wakes.told())
        if not await within(CLOSE_SECONDS, self.engine.dispose()):
            log.warning("the connections to the database were cut off")
        self.sever()

    def _connected(self, dbapi: Any, _record: Any) -> None:
        self._connections.add(dbapi.driver_connection)


def caused_by(origin: Origin, event_id: str) -> Origin:
    return replace(origin, causationid=event_id)
