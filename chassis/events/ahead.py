"""Protective events run ahead while the consumer is stopped: a withdrawal never waits for a release to be mended."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Database, Transaction
from chassis.events import parked
from chassis.events.admission import AHEAD, NOT_BEGUN, Cause, IncomingRecord, ParkedEvent, ParkedState
from chassis.events.marks import marks_of
from chassis.events.offsets import hold
from chassis.events.subscription import Subscription, handle
from chassis.faults import named, place, transient

_AHEAD = text(
    """
    insert into chassis.marks as m (source, stream, sequence, parked, ahead)
    select source, stream, :not_begun, false, max(sequence)
    from unnest(cast(:sources as text[]), cast(:streams as text[]), cast(:sequences as bigint[])) as u(source, stream, sequence)
    group by source, stream order by source, stream
    on conflict (source, stream) do update set ahead = greatest(m.ahead, excluded.ahead)
    """
)

log = logging.getLogger(__name__)


async def run_protective(
    database: Database, subscriptions: Sequence[Subscription[Any, Any]], batch: Sequence[IncomingRecord]
) -> None:
    """Handle the batch's protective events and keep them as done, so that neither their turn nor a replay repeats
    them.

    Offsets and marks stay. An event that cannot be handled is left for its turn, whatever the reason, and the others
    go on.
    """
    chosen = [i for i in batch if i.protective and i.fault is None and i.received is not None]
    if not chosen:
        return
    try:
        await _run(database, subscriptions, chosen)
    except Exception as error:  # noqa: BLE001 - nothing is parked for it: it waits for its turn with all others
        log.warning("what protects could not run ahead: %s at %s", named(error), place(error))
        if len(chosen) > 1 and not transient(error):
            for one in chosen:
                await run_protective(database, subscriptions, [one])


async def _run(
    database: Database, subscriptions: Sequence[Subscription[Any, Any]], chosen: Sequence[IncomingRecord]
) -> None:
    async with database.transaction(database.system()) as tx:
        await hold(tx, {(i.record.topic, i.record.partition) for i in chosen})
        fresh = await _fresh(tx, chosen)
        if fresh:
            await handle(tx, subscriptions, [i.received for i in fresh if i.received is not None])
            await parked.keep(tx, [ParkedEvent(i, Cause(AHEAD), ParkedState.DONE) for i in fresh])
            sources, streams = zip(*(i.stream for i in fresh), strict=True)
            sequences = [i.sequence for i in fresh]
            parameters = {"sources": list(sources), "streams": list(streams), "sequences": sequences}
            await tx.execute(_AHEAD, {"not_begun": NOT_BEGUN, **parameters})


async def _fresh(tx: Transaction, chosen: Sequence[IncomingRecord]) -> list[IncomingRecord]:
    """The events that were never handled, each once, in their order."""
    marks = await marks_of(tx, chosen)
    seen = await parked.kept(tx, chosen)
    fresh = []
    for one in chosen:
        mark, key = marks.get(one.stream), (one.stream, one.sequence)
        if key not in seen and (mark is None or one.sequence > mark.sequence):
            seen.add(key)
            fresh.append(one)
    return fresh
