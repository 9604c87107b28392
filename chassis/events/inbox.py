"""What happens to a batch: de-duplicated, handled and saved in one transaction, or bisected to the event that fails."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import text

from chassis.database import Database, Transaction
from chassis.events import parked
from chassis.events.admission import Admission, Incoming, Mark, Record, Stream, admit, read
from chassis.events.offsets import Moved, Partition, move
from chassis.events.subscription import Interests, Subscription, handle
from chassis.faults import named, place, transient
from chassis.supervised import pause_after

TRIES = 3
"""How often one event alone is tried before it is taken for poison: a race with a command passes by itself."""

PATIENCE = 3
"""Failures of the surroundings after which readiness says so."""

_MARKS = text(
    """
    select source, stream, sequence, parked from chassis.marks
    join unnest(cast(:sources as text[]), cast(:streams as text[])) as k(source, stream) using (source, stream)
    """
)
_MOVE_MARKS = text(
    """
    insert into chassis.marks (source, stream, sequence, parked)
    select * from unnest(cast(:sources as text[]), cast(:streams as text[]), cast(:sequences as bigint[]),
                         cast(:parked as boolean[]))
    on conflict (source, stream) do update set sequence = excluded.sequence, parked = excluded.parked
    """
)

log = logging.getLogger(__name__)


class Tracing(Protocol):
    """One span a batch, linked to the spans that its events come from."""

    def batch(self, name: str, traceparents: Sequence[str | None]) -> AbstractContextManager[Any]: ...


class Inbox:
    """Takes batches into one service's database."""

    def __init__(
        self,
        database: Database,
        subscriptions: Sequence[Subscription[Any, Any]],
        tracing: Tracing | None = None,
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._tracing = tracing
        self.interests = Interests(subscriptions)

    def read(self, records: Sequence[Record]) -> list[Incoming]:
        return [read(record, self.interests) for record in records]

    async def take(
        self,
        batch: Sequence[Incoming],
        positions: MutableMapping[Partition, int] | None = None,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the batch whole, or part by part around what is poison. Raises Moved, and errors of the parking itself.

        `positions` are the offsets that the database is expected to have; they move on with each commit. Without
        them the records come from elsewhere than a partition in order, and no offset is kept.
        """
        poison: str | None = None
        failures = 0
        while True:
            try:
                await self._commit(batch, positions, poison)
            except Moved:
                raise
            except Exception as error:
                failures += 1
                if transient(error):
                    if failures >= PATIENCE:
                        on_trouble(f"a batch waits: {named(error)}")
                    await asyncio.sleep(pause_after(failures))
                elif poison is not None:
                    raise
                elif len(batch) > 1:
                    break
                elif failures >= TRIES:
                    poison = named(error)
                    log.warning("an event is parked with its stream: %s at %s", poison, place(error))
                else:
                    await asyncio.sleep(pause_after(failures))
            else:
                return
        half = len(batch) // 2
        await self.take(batch[:half], positions, on_trouble)
        await self.take(batch[half:], positions, on_trouble)

    async def _commit(
        self, batch: Sequence[Incoming], positions: MutableMapping[Partition, int] | None, poison: str | None
    ) -> None:
        following: dict[Partition, int] = {}
        if positions is not None:
            following = {(i.record.topic, i.record.partition): i.record.offset + 1 for i in batch}
        with self._span(batch):
            async with self._database.transaction(self._database.system()) as tx:
                await move(tx, positions or {}, following)
                marks = await _marks(tx, batch)
                stored = await parked.stored(tx, batch, marks)
                admission = admit(batch, marks, stored, poison)
                await handle(tx, self._subscriptions, admission.run)
                await _save(tx, admission)
        if positions is not None:
            positions.update(following)

    def _span(self, batch: Sequence[Incoming]) -> AbstractContextManager[Any]:
        if self._tracing is None:
            return contextlib.nullcontext()
        return self._tracing.batch("consume", [i.traceparent for i in batch])


async def _marks(tx: Transaction, batch: Sequence[Incoming]) -> dict[Stream, Mark]:
    streams = {incoming.stream for incoming in batch if incoming.marked}
    parameters = {"sources": [source for source, _ in streams], "streams": [stream for _, stream in streams]}
    rows: Sequence[Any] = (await tx.execute(_MARKS, parameters)).all()
    return {(source, stream): Mark(sequence, parked) for source, stream, sequence, parked in rows}


async def _save(tx: Transaction, admission: Admission) -> None:
    await parked.keep(tx, admission.parked)
    if admission.moved:
        streams = sorted(admission.moved)
        marks = [admission.moved[stream] for stream in streams]
        await tx.execute(
            _MOVE_MARKS,
            {
                "sources": [source for source, _ in streams],
                "streams": [stream for _, stream in streams],
                "sequences": [mark.sequence for mark in marks],
                "parked": [mark.parked for mark in marks],
            },
        )
