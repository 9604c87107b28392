"""Parked streams by cause: the class of the error and the line that raised it, as they were stored with the first
event that waits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.events.admission import Cause, Stream
from chassis.own_tables import ParkedState

ID_LENGTH = 12

# The cause of a stream is the one of its first waiting event; an event without a stream has a cause of its own.
_FIRST = f"""
    first as (
        select distinct on (source, stream, case when stream = topic || '/' || partition then sequence end)
            source, stream, sequence, topic, reason, place, parked_at
        from chassis.parked where state = '{ParkedState.WAITING}'
        order by source, stream, case when stream = topic || '/' || partition then sequence end, sequence
    )
"""
_CAUSES = text(
    f"""
    with {_FIRST}
    select reason, place, count(distinct (source, stream)) as streams, count(*) as events, min(parked_at) as since
    from first group by reason, place order by since, reason, place
    """
)
_STREAMS = text(
    f"""
    with {_FIRST}
    select distinct on (source, stream) source, stream, sequence, topic, parked_at from first
    where reason = :reason and place = :place and (source, stream) > (:source, :stream)
    order by source, stream, sequence limit :limit
    """
)


@dataclass(frozen=True, slots=True)
class ParkedCause:
    """One cause, and how much stands still for it. `events` counts the first waiting event of each stream, not those
    behind it.
    """

    id: str
    reason: str
    place: str
    streams: int
    events: int
    since: datetime

    @property
    def cause(self) -> Cause:
        return Cause(self.reason, self.place)


def id_of(cause: Cause) -> str:
    """A short name of the cause, the same in every service and after a restart."""
    return hashlib.sha256(f"{cause.reason}\0{cause.place}".encode()).hexdigest()[:ID_LENGTH]


async def find_causes(tx: Transaction) -> list[ParkedCause]:
    rows: Sequence[Any] = (await tx.execute(_CAUSES)).all()
    return [ParkedCause(id_of(Cause(row.reason, row.place)), *row) for row in rows]


async def find_cause(tx: Transaction, cause_id: str) -> ParkedCause | None:
    return next((one for one in await find_causes(tx) if one.id == cause_id), None)


async def streams_of(
    tx: Transaction, cause: Cause, after: Stream = ("", ""), limit: int = 1
) -> Sequence[Row[Any]]:
    """Streams that stand still for this cause, in their order, after one of them."""
    where = {"reason": cause.reason, "place": cause.place, "source": after[0], "stream": after[1]}
    return (await tx.execute(_STREAMS, {**where, "limit": limit})).all()
