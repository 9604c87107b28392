"""The way of a batch: de-duplicated, handled and saved in one transaction, or bisected to the event that fails."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from chassis.database import Database
from chassis.events import parked
from chassis.events.admission import Cause, IncomingRecord, Record, admit, read, runs_of
from chassis.events.ahead import run_protective
from chassis.events.limits import Limits, Tally, TooManyParked, require_room, stop
from chassis.events.marks import marks_of, move_marks, take
from chassis.events.offsets import OffsetsMoved, Partition
from chassis.events.subscription import Interests, Subscription, handle
from chassis.faults import named, place, transient
from chassis.supervised import pause_after

TRIES = 3
"""The tries of one event alone before it is taken for poison: a race with a command passes by itself."""

PATIENCE = 3
"""Failures of the surroundings after which readiness says so."""

log = logging.getLogger(__name__)


class BatchTracer(Protocol):
    """One span a batch, linked to the spans that its events come from."""

    def batch(self, name: str, traceparents: Sequence[str | None]) -> AbstractContextManager[Any]: ...


class Inbox:
    """Takes batches into one service's database."""

    def __init__(
        self,
        database: Database,
        subscriptions: Sequence[Subscription[Any, Any]],
        tracing: BatchTracer | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._tracing = tracing
        self._limits = limits or Limits()
        self.interests = Interests(subscriptions)

    def read(self, records: Sequence[Record]) -> list[IncomingRecord]:
        return [read(record, self.interests) for record in records]

    async def take(
        self,
        batch: Sequence[IncomingRecord],
        positions: MutableMapping[Partition, int] | None = None,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the batch whole, or part by part around the poison events.

        Raises OffsetsMoved, TooManyParked before one event more would be parked than may be, and errors of the
        parking itself.

        `positions` are the offsets that the database is expected to have; they move on with each commit. Without them
        the records come from elsewhere than a partition in order, and no offset is kept.
        """
        try:
            await self._take(batch, positions, on_trouble, Tally.of(batch, self._limits))
        except TooManyParked as because:
            await stop(self._database, self._limits, because)
            raise

    async def run_protective(self, batch: Sequence[IncomingRecord]) -> None:
        """Run the protective events of a batch whose turn has not come because the consumer is stopped."""
        await run_protective(self._database, self._subscriptions, batch)

    async def _take(
        self,
        batch: Sequence[IncomingRecord],
        positions: MutableMapping[Partition, int] | None,
        on_trouble: Callable[[str], None],
        tally: Tally,
    ) -> None:
        poison: Cause | None = None
        failures = 0
        while (error := await self._failure(batch, positions, poison, tally)) is not None:
            failures += 1
            if transient(error):
                if failures >= PATIENCE:
                    on_trouble(f"a batch waits: {named(error)}")
                await asyncio.sleep(pause_after(failures))
            elif poison is not None or (isinstance(error, TooManyParked) and len(batch) == 1):
                raise error
            elif len(batch) > 1:
                break
            elif failures >= TRIES:
                poison = Cause(named(error), place(error))
                log.warning("an event cannot be handled: %s at %s", poison.reason, poison.place)
            else:
                await asyncio.sleep(pause_after(failures))
        else:
            return
        half = len(batch) // 2
        await self._take(batch[:half], positions, on_trouble, tally)
        await self._take(batch[half:], positions, on_trouble, tally)

    async def _failure(
        self,
        batch: Sequence[IncomingRecord],
        positions: MutableMapping[Partition, int] | None,
        poison: Cause | None,
        tally: Tally,
    ) -> Exception | None:
        """The error that kept the batch from being committed, or None. Raises OffsetsMoved."""
        try:
            await self._commit(batch, positions, poison, tally)
        except OffsetsMoved:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged by the caller
            return error
        return None

    async def _commit(
        self,
        batch: Sequence[IncomingRecord],
        positions: MutableMapping[Partition, int] | None,
        poison: Cause | None,
        tally: Tally,
    ) -> None:
        following: dict[Partition, int] = {}
        if positions is not None:
            following = {(i.record.topic, i.record.partition): i.record.offset + 1 for i in batch}
        runs = {} if poison is not None else runs_of(batch)
        with self._span(batch):
            async with self._database.transaction(self._database.system()) as tx:
                taken = await take(tx, positions or {}, following, runs)
                marks = await marks_of(tx, batch, taken)
                stored = await parked.stored(tx, batch, marks)
                admission = admit(batch, marks, stored, poison, taken)
                await require_room(tx, self._limits, tally, admission.parked, positions)
                await handle(tx, self._subscriptions, admission.run)
                await parked.keep(tx, admission.parked)
                await move_marks(tx, admission.moved)
        if positions is not None:
            positions.update(following)

    def _span(self, batch: Sequence[IncomingRecord]) -> AbstractContextManager[Any]:
        if self._tracing is None:
            return contextlib.nullcontext()
        return self._tracing.batch("consume", [i.traceparent for i in batch])
