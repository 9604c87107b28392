"""An operator replays a parked stream: its events in order, one transaction each, until it is done or fails again."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import text

from chassis.database import Database, Transaction
from chassis.events import parked
from chassis.events.admission import UNREADABLE, Cause, IncomingRecord, ParkedEvent, ParkedState, Stream, read
from chassis.events.offsets import LOCK
from chassis.events.subscription import Interests, Subscription, handle
from chassis.faults import named, place, transient

_ALONE = text(f"select pg_advisory_xact_lock({LOCK})")
_MARK = text("select sequence, parked from chassis.marks where source = :source and stream = :stream")
_MOVE = text(
    "update chassis.marks set sequence = :sequence, parked = :parked where source = :source and stream = :stream"
)
_PARK = text(
    """
    insert into chassis.marks as m (source, stream, sequence, parked) values (:source, :stream, :sequence, true)
    on conflict (source, stream) do update
        set parked = true, sequence = case when m.sequence < 0 then excluded.sequence else m.sequence end
        where m.sequence <= excluded.sequence
    """
)


class Handles(Protocol):
    """The parts of a service that a replay uses."""

    database: Database

    @property
    def subscriptions(self) -> Sequence[Subscription[Any, Any]]: ...


class _ReplayFailed(Exception):
    """The event failed again: the replay ends before it."""

    def __init__(self, sequence: int, cause: Cause) -> None:
        super().__init__(cause.reason)
        self.sequence, self.cause = sequence, cause


async def replay_stream(
    service: Handles, source: str, stream: str, *, over_gap: bool = False
) -> tuple[int, int]:
    """How many events were handled, and how many still wait. A stream that has caught up is parked no more.

    `over_gap` accepts that events before a gap will never come. Faults of the surroundings are raised.
    """
    key, database, after, done = (source, stream), service.database, -1, 0
    try:
        while True:
            async with database.transaction(database.system()) as tx:
                await tx.execute(_ALONE)
                step = await _step(tx, service.subscriptions, key, after, over_gap)
            if step is None:
                break
            after, handled = step
            done += handled
    except _ReplayFailed as failed:
        async with database.transaction(database.system()) as tx:
            await parked.explain(tx, key, failed.sequence, failed.cause)
    async with database.transaction(database.system()) as tx:
        return done, await parked.waiting(tx, key)


async def _step(
    tx: Transaction, subscriptions: Sequence[Subscription[Any, Any]], key: Stream, after: int, over_gap: bool
) -> tuple[int, bool] | None:
    """Handle the next parked event and move the mark over it; None at the end, or at a gap that stands."""
    mark = (await tx.execute(_MARK, {"source": key[0], "stream": key[1]})).one_or_none()
    row = await parked.following(tx, key, after if mark is None else mark.sequence)
    if row is None or (mark is not None and not mark.parked):
        if mark is not None and mark.parked:
            await _move(tx, key, mark.sequence, waits=False)
        return None
    if mark is not None and row.sequence != mark.sequence + 1 and not over_gap:
        return None
    if row.state == ParkedState.WAITING:
        await _run(tx, subscriptions, key, row)
        await parked.settle(tx, key, row.sequence)
    if mark is not None:
        await _move(tx, key, row.sequence, waits=True)
    return row.sequence, row.state == ParkedState.WAITING


async def _run(
    tx: Transaction, subscriptions: Sequence[Subscription[Any, Any]], key: Stream, row: Any
) -> None:
    incoming = read(parked.message(row), Interests(subscriptions))
    if incoming.fault is not None:
        raise _ReplayFailed(row.sequence, Cause(incoming.fault))
    if key[0] == UNREADABLE:
        await _to_its_stream(tx, incoming)
    elif incoming.received is not None:
        try:
            await handle(tx, subscriptions, [incoming.received])
            await tx.flush()
        except Exception as error:
            if transient(error):
                raise
            raise _ReplayFailed(row.sequence, Cause(named(error), place(error))) from error


async def _to_its_stream(tx: Transaction, incoming: IncomingRecord) -> None:
    """Give an event to the stream in its headers, which can be read now: it waits and is replayed there."""
    await parked.keep(tx, [ParkedEvent(incoming, Cause("readable now"))])
    if incoming.marked:
        source, stream = incoming.stream
        await tx.execute(_PARK, {"source": source, "stream": stream, "sequence": incoming.sequence - 1})


async def _move(tx: Transaction, key: Stream, sequence: int, *, waits: bool) -> None:
    await tx.execute(_MOVE, {"source": key[0], "stream": key[1], "sequence": sequence, "parked": waits})
