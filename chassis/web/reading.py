"""Routes of every service for the place of its consumer: its offsets, and the stops that hold it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from chassis.events import limits, offsets
from chassis.events.kafka import Range, ranges
from chassis.identity.access import require
from chassis.problems import Invalid, NotFound, PreconditionFailed, Unavailable
from chassis.web.http import Done, Tx, Who, done, one_transaction
from chassis.web.moves import MoveView, Offer, offered
from chassis.web.reasons import ReasonedCommand, log_operation

Offset = Annotated[int, Field(ge=0, lt=2**53)]

router = APIRouter(tags=["operations"])


class PartitionOffset(BaseModel):
    """The offsets of a partition. `first` and `end` are the broker's; null where the broker does not answer."""

    topic: str
    partition: int
    next_offset: int
    first: int | None
    end: int | None
    moves: list[MoveView] = []


@router.get("/v1/offsets", summary="From where each partition is read next, and what the broker has of it")
async def list_offsets(request: Request, actor: Who) -> list[PartitionOffset]:
    require(actor, "parked.read")
    service = request.app.state.service
    async with service.database.transaction(actor.origin()) as tx:
        stored = await offsets.all_stored(tx)
    known = await ranges(service.link, stored)
    return [
        PartitionOffset(
            topic=topic,
            partition=number,
            next_offset=at,
            first=None if (of := known.get((topic, number))) is None else of.first,
            end=None if of is None else of.end,
            moves=offered(request, actor, Offer("move_offset", "offset.move", of is not None)),
        )
        for (topic, number), at in sorted(stored.items())
    ]


class MoveOffset(ReasonedCommand):
    topic: Annotated[str, Field(max_length=120)]
    partition: Annotated[int, Field(ge=0, lt=2**31)]
    expected: Annotated[Offset, Field(description="`next_offset` as it was shown")]
    to: Annotated[Offset, Field(description="the offset that is read next")]


class MovedOffset(BaseModel):
    topic: str
    partition: int
    next_offset: int


@router.post(
    "/v1/offsets",
    summary="Read a partition from another offset: again, or from where the broker still has it",
)
async def move_offset(body: MoveOffset, request: Request, actor: Who) -> MovedOffset:
    """No event that the broker still has is passed over. An event that was handled before is dropped when it is read
    again.
    """
    require(actor, "offset.move")
    key = (body.topic, body.partition)
    known = (await ranges(request.app.state.service.link, [key])).get(key)
    async with one_transaction(request, actor) as tx:
        if (at := (await offsets.all_stored(tx)).get(key)) is None:
            raise NotFound
        if at != body.expected:
            raise PreconditionFailed
        if known is None:
            raise Unavailable("Kafka does not answer for this partition")
        _require_nothing_skipped(body, known)
        if not await offsets.put_if(tx, key, body.expected, body.to):
            raise PreconditionFailed
        about = {"topic": body.topic, "partition": body.partition}
        log_operation(tx, "move_offset", body, **about, position=body.expected, moved_to=body.to)
    return MovedOffset(topic=body.topic, partition=body.partition, next_offset=body.to)


def _require_nothing_skipped(body: MoveOffset, known: Range) -> None:
    if not known.first <= body.to <= known.end:
        raise Invalid(errors=[_refused("the broker has no such offset", "not-there")])
    if body.to > max(body.expected, known.first):
        raise Invalid(errors=[_refused("events that the broker still has would be passed over", "skips")])


def _refused(message: str, code: str) -> dict[str, object]:
    return {"loc": ["body", "to"], "msg": message, "code": code}


class ConsumerStop(BaseModel):
    """A stop: the consumer would have parked more than the limit. `offset` is the event before which it stands."""

    id: UUID
    stopped_at: datetime
    topic: str
    partition: int
    offset: int
    reason: str
    place: str
    streams: int
    moves: list[MoveView] = []


class ConsumerState(BaseModel):
    """The consumer. `stop` is the one that holds it now; `parked` are the streams that count towards `limit`."""

    stop: ConsumerStop | None
    parked: int
    limit: int


@router.get(
    "/v1/consumer", summary="Whether the consumer is stopped, where and why, and how much more may be parked"
)
async def get_consumer(request: Request, actor: Who, tx: Tx) -> ConsumerState:
    require(actor, "parked.read")
    limit = limits.Limits.of(request.app.state.service.settings)
    row = await limits.standing(tx, limit)
    parked, most = await limits.weighed(tx, limit)
    stop = None if row is None else ConsumerStop.model_validate(row, from_attributes=True)
    if stop is not None:
        stop.moves = offered(request, actor, Offer("end_stop", "stop.end"), stop_id=stop.id)
    return ConsumerState(stop=stop, parked=parked, limit=most)


class EndStop(ReasonedCommand):
    allow: Annotated[
        int,
        Field(description="so many streams may be parked beyond the limit from now on", ge=0, le=1_000_000),
    ] = 0


@router.post(
    "/v1/stops/{stop_id}/end", summary="Let a stopped consumer go on; what it cannot handle is parked again"
)
async def end_stop(stop_id: UUID, body: EndStop, actor: Who, tx: Tx, response: Response) -> Done:
    """The stop is the expected present state: 412 where it was ended, or another holds the consumer."""
    require(actor, "stop.end")
    if not await limits.exists(tx, stop_id):
        raise NotFound
    if not await limits.end(tx, stop_id, body.allow):
        raise PreconditionFailed
    log_operation(tx, "end_stop", body, target_id=stop_id, streams=body.allow)
    return done(tx, response, stop_id)
