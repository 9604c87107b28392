"""The limits of parking: a faulty release is stopped before it has parked a country, event by event or all at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Database, Transaction
from chassis.events.admission import BEHIND, IncomingRecord, ParkedEvent
from chassis.events.offsets import Partition
from chassis.own_tables import ParkedState
from chassis.settings import Settings

FEW = 5
"""So many streams of one batch may be parked, whatever share of the batch they are: a share of a few events says
nothing.
"""

# A stop stands until its event has been handled or an operator has ended it. So a restart changes nothing by itself.
# A batch has moved its offsets when it is weighed: for its partitions, the question is where it began.
_JUDGED = f"""
    began as (
        select * from unnest(cast(:topics as text[]), cast(:partitions as integer[]), cast(:began as bigint[]))
            as b(topic, partition, next_offset)
    ), judged as (
        select s.*, s.ended_at is null and coalesce(b.next_offset, o.next_offset, 0) <= s."offset" as stands
        from chassis.stops as s left join chassis.offsets as o using (topic, partition)
             left join began as b using (topic, partition)
    ), latest as (
        select coalesce(ended_at, stopped_at) as since, allowed from judged where not stands order by 1 desc limit 1
    ), waiting as (
        select count(distinct (source, stream, case when stream = topic || '/' || partition then sequence end)) as streams
        from chassis.parked
        where state = '{ParkedState.WAITING}' and reason <> '{BEHIND}'
          and parked_at > greatest(now() - make_interval(hours => :hours), (select since from latest))
    )
"""
_ALONE = text("select pg_advisory_xact_lock(hashtext('corridor.parking'))")
_WEIGH = text(
    f"with {_JUDGED} select waiting.streams, coalesce((select allowed from latest), 0) as allowed,"
    " exists (select from judged where stands) as stands from waiting"
)
_STANDING = text(f"with {_JUDGED} select * from judged where stands order by stopped_at limit 1")
_STOP = text(
    f"""
    with {_JUDGED}
    insert into chassis.stops (id, stopped_at, topic, partition, "offset", reason, place, streams)
    select :id, now(), :topic, :partition, :offset, :reason, :place, waiting.streams
    from waiting where not exists (select from judged where stands)
    """
)
_END = text(
    "update chassis.stops set ended_at = now(), allowed = :allowed where id = :id and ended_at is null"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits: so many streams in so many hours, and such a share of one batch."""

    streams: int = 25
    share: float = 0.1
    hours: int = 24

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(settings.park_streams, settings.park_share, settings.park_hours)


class TooManyParked(Exception):
    """One more event would be parked than may be: the consumer stops before it."""

    def __init__(self, first: ParkedEvent) -> None:
        super().__init__("too much would be parked")
        self.record, self.cause = first.incoming.record, first.cause


@dataclass(slots=True)
class Tally:
    """The streams that one batch has parked so far. A batch that was stopped parks nothing more, while its good part
    still runs.
    """

    most: float
    parked: set[tuple[Any, ...]] = field(default_factory=set)
    stopped: bool = False

    @classmethod
    def of(cls, batch: Sequence[IncomingRecord], limits: Limits) -> "Tally":
        return cls(max(FEW, limits.share * len({_thing(incoming) for incoming in batch})))


async def require_room(
    tx: Transaction,
    limits: Limits,
    tally: Tally,
    parked: Collection[ParkedEvent],
    positions: Mapping[Partition, int] | None,
) -> None:
    """Count the streams that would stand still with these. Raises TooManyParked, and from then on for every event
    that this batch would park.
    """
    begun = [one for one in parked if one.begins]
    if not begun:
        return
    await tx.execute(_ALONE)
    row = (await tx.execute(_WEIGH, _parameters(limits, positions))).one()
    new = {_thing(one.incoming) for one in begun}
    over = row.streams + len(new) > limits.streams + row.allowed
    many = not row.allowed and len(tally.parked | new) > tally.most
    if tally.stopped or row.stands or over or many:
        tally.stopped = True
        raise TooManyParked(begun[0])
    tally.parked |= new


def _parameters(limits: Limits, positions: Mapping[Partition, int] | None = None) -> dict[str, Any]:
    began = positions or {}
    return {
        "hours": limits.hours,
        "topics": [topic for topic, _ in began],
        "partitions": [number for _, number in began],
        "began": list(began.values()),
    }


def _thing(incoming: IncomingRecord) -> tuple[Any, ...]:
    """The thing that stands still when this event is parked: its stream, or the event alone where it has none."""
    return incoming.stream if incoming.marked else (*incoming.stream, incoming.record.offset)


async def stop(database: Database, limits: Limits, because: TooManyParked) -> None:
    """Put on record where the consumer stopped and why; a stop that stands already stays the one."""
    record, cause = because.record, because.cause
    async with database.transaction(database.system()) as tx:
        await tx.execute(_ALONE)
        parameters = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        why = {"reason": cause.reason, "place": cause.place}
        await tx.execute(_STOP, {"id": tx.new_id(), **_parameters(limits), **parameters, **why})


async def standing(tx: Transaction, limits: Limits) -> Row[Any] | None:
    """The stop that holds the consumer now."""
    return (await tx.execute(_STANDING, _parameters(limits))).first()


async def weighed(tx: Transaction, limits: Limits) -> tuple[int, int]:
    """How many streams count towards the limit, and the limit as it now is."""
    row = (await tx.execute(_WEIGH, _parameters(limits))).one()
    return row.streams, limits.streams + row.allowed


async def end(tx: Transaction, stop_id: UUID, allowed: int) -> bool:
    """For an operator: go on, counting anew from here, with so many streams more than the limit. False if the stop
    was over.
    """
    return (await tx.execute(_END, {"id": stop_id, "allowed": allowed})).rowcount == 1


async def exists(tx: Transaction, stop_id: UUID) -> bool:
    statement = text("select exists (select from chassis.stops where id = :id)")
    return bool((await tx.execute(statement, {"id": stop_id})).scalar_one())


def told(row: Row[Any]) -> str:
    """A stop in words for an operator."""
    where = f" at {row.place}" if row.place else ""
    return (
        f"stopped at {row.topic}/{row.partition} offset {row.offset}: too many streams would be parked"
        f" ({row.streams} are, for {row.reason}{where}); only what protects runs"
    )
