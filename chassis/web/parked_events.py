"""Routes of every service for events that stand still: by event, by stream and by cause; replayed, or given up."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Row

from chassis import replays
from chassis.database import Database, Transaction
from chassis.events import causes, parked
from chassis.events.admission import PROTECTIVE, Cause
from chassis.events.replay import replay_stream
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import NotFound, PreconditionFailed, WrongState
from chassis.web.http import Done, Listing, Page, Tx, Who, cursor, done, following
from chassis.web.moves import MoveView, Offer, offered
from chassis.web.positions import instant, number, position, positioned
from chassis.web.reasons import ReasonedCommand, log_operation
from contracts.events.operations import STREAM_PATTERN

CauseId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="`id` of a cause")]
Source = Annotated[str, Field(max_length=80)]
Stream = Annotated[str, Field(max_length=120)]
Sequence = Annotated[int, Field(ge=0, lt=2**53)]

_AS_KEPT = ("source", "stream", "sequence", "topic", "reason", "place", "state", "parked_at")

router = APIRouter(tags=["operations"])


class ParkedEventView(BaseModel):
    """A parked event, never its content. `cause` is named by the command that gives it up; one that `protects` is
    never given up.
    """

    source: str
    stream: str
    sequence: int
    topic: str
    type: str | None
    reason: str
    place: str
    cause: str
    protects: bool
    state: str
    parked_at: datetime
    moves: list[MoveView] = []


def _moves(request: Request, actor: Actor, event: ParkedEventView) -> list[MoveView]:
    replay = Offer("replay_parked_stream", "parked.replay")
    discard = Offer("discard_parked_event", "parked.discard", not event.protects)
    return offered(request, actor, replay, discard)


def _shown(row: Row[Any]) -> ParkedEventView:
    values = {name: getattr(row, name) for name in _AS_KEPT}
    type_, cause = parked.type_of(row), causes.id_of(Cause(row.reason, row.place))
    return ParkedEventView(**values, type=type_, cause=cause, protects=type_ in PROTECTIVE)


Only = Annotated[str | None, Query(pattern=STREAM_PATTERN, description="only events of this stream")]


@router.get("/v1/parked", summary="Events that wait for an operator, oldest first")
async def list_parked_events(
    actor: Who, tx: Tx, page: Page, request: Request, stream: Only = None
) -> Listing[ParkedEventView]:
    require(actor, "parked.read")
    positioned(page.after, instant, str, str, number)
    rows, position = await parked.list_parked(tx, page.limit, page.after, stream)
    items = [_shown(row) for row in rows]
    for item in items:
        item.moves = _moves(request, actor, item)
    return Listing(items=items, next=cursor(*position) if position else None)


class ParkedCauseView(BaseModel):
    id: str
    reason: str
    place: str
    streams: int
    events: int
    since: datetime
    moves: list[MoveView] = []


@router.get(
    "/v1/parked/causes", summary="What stands still by cause: the error's class and the line that raised it"
)
async def list_parked_causes(actor: Who, tx: Tx, request: Request) -> list[ParkedCauseView]:
    require(actor, "parked.read")
    found = [
        ParkedCauseView.model_validate(one, from_attributes=True) for one in await causes.find_causes(tx)
    ]
    for cause in found:
        cause.moves = offered(request, actor, Offer("start_replay", "parked.replay"))
    return found


class ParkedStream(BaseModel):
    """A parked stream. `sequence` is the first event that waits: the others stand behind it."""

    source: str
    stream: str
    sequence: int
    topic: str
    parked_at: datetime


@router.get("/v1/parked/causes/{cause_id}", summary="The streams that are parked for one cause")
async def list_parked_streams(cause_id: CauseId, actor: Who, tx: Tx, page: Page) -> Listing[ParkedStream]:
    require(actor, "parked.read")
    _, *after = positioned(page.after, instant, str, str) or (None, "", "")
    found = await _cause(tx, cause_id)
    rows = await causes.streams_of(tx, found.cause, (after[0], after[1]), page.limit)
    items = [ParkedStream.model_validate(row, from_attributes=True) for row in rows]
    return Listing(items=items, next=following(items, page, "parked_at", "source", "stream"))


class Replay(ReasonedCommand):
    source: Source
    stream: Stream
    over_gap: Annotated[
        Sequence | None,
        Field(description="the first sequence that waits: accepts that events before it will never come"),
    ] = None


class ReplayResult(BaseModel):
    replayed: int
    still_parked: int


@router.post(
    "/v1/parked/replay", summary="Try a parked stream again, in order; it stays parked if it fails again"
)
async def replay_parked_stream(body: Replay, request: Request, actor: Who) -> ReplayResult:
    require(actor, "parked.replay")
    service, key = request.app.state.service, (body.source, body.stream)
    database: Database = service.database
    async with database.transaction(actor.origin()) as tx:
        first = await parked.first_waiting(tx, key)
        if first is None:
            raise NotFound
        if body.over_gap not in {None, first}:
            raise PreconditionFailed
        log_operation(tx, "replay_stream", body, **_about(key), position=body.over_gap)
    handled, left = await replay_stream(service, *key, over_gap=body.over_gap is not None)
    return ReplayResult(replayed=handled, still_parked=left)


def _about(key: tuple[str, str]) -> dict[str, str]:
    """The stream for the log, which does not repeat the name in a broken header."""
    names = {"publisher": key[0], "stream": key[1]}
    return {name: value for name, value in names.items() if re.fullmatch(STREAM_PATTERN, value)}


class Discard(ReasonedCommand):
    source: Source
    stream: Stream
    sequence: Sequence
    expected: Annotated[CauseId, Field(description="the cause that it is parked for, as it was shown")]


class DiscardResult(BaseModel):
    sequence: int
    still_parked: int


@router.post(
    "/v1/parked/discard",
    summary="Give one parked event up: a replay passes over it, and nothing brings it back",
)
async def discard_parked_event(body: Discard, actor: Who, tx: Tx) -> DiscardResult:
    """A protective event is refused: a withdrawal is never given up."""
    require(actor, "parked.discard")
    key = (body.source, body.stream)
    found = await parked.hold_waiting(tx, key, body.sequence)
    if found is None:
        raise NotFound
    if causes.id_of(Cause(found.reason, found.place)) != body.expected:
        raise PreconditionFailed
    if parked.type_of(found) in PROTECTIVE:
        raise WrongState("what protects is never given up: a release must handle it")
    await parked.discard(tx, *key, body.sequence)
    log_operation(tx, "discard_event", body, **_about(key), topic=found.topic, position=body.sequence)
    return DiscardResult(sequence=body.sequence, still_parked=await parked.waiting(tx, key))


class ReplayCause(ReasonedCommand):
    cause: CauseId
    over_gap: Annotated[bool, Field(description="accept that events before a gap will never come")] = False
    expected: Annotated[
        int | None,
        Field(description="how many streams, as it was shown; needed with `over_gap`", ge=0, lt=2**31),
    ] = None


@router.post(
    "/v1/replays",
    summary="Replay every stream that is parked for one cause, as work",
    status_code=201,
    responses={200: {"model": Done, "description": "it is being replayed already"}},
)
async def start_replay(body: ReplayCause, actor: Who, tx: Tx, response: Response) -> Done:
    """200 with the replay that runs, where this cause is being replayed already."""
    require(actor, "parked.replay")
    found = await _cause(tx, body.cause)
    if body.expected != found.streams and (body.over_gap or body.expected is not None):
        raise PreconditionFailed
    replay_id, new = await replays.begin(tx, found, over_gap=body.over_gap)
    if new:
        log_operation(tx, "replay_cause", body, target_id=replay_id, streams=found.streams)
    location = f"/v1/replays/{replay_id}"
    return done(tx, response, replay_id, status=201 if new else 200, location=location)


class RunningReplay(BaseModel):
    """The progress: `streams` were parked when the replay began; so many of them are freed, and so many failed again."""

    id: UUID
    state: str
    reason: str
    place: str
    over_gap: bool
    actor: str
    streams: int
    freed: int
    still_parked: int
    events: int
    begun_at: datetime
    ended_at: datetime | None
    moves: list[MoveView] = []


def _replay(row: Row[Any], request: Request, actor: Actor) -> RunningReplay:
    """To stop one that is over is no error, so it is never left out."""
    view = RunningReplay.model_validate(row, from_attributes=True)
    view.moves = offered(request, actor, Offer("stop_replay", "parked.replay"), replay_id=view.id)
    return view


@router.get("/v1/replays", summary="Replays by cause, newest first")
async def list_replays(actor: Who, tx: Tx, page: Page, request: Request) -> Listing[RunningReplay]:
    require(actor, "parked.read")
    rows = await replays.list_replays(tx, page.limit, position(page.after))
    items = [_replay(row, request, actor) for row in rows]
    return Listing(items=items, next=following(items, page, "begun_at", "id"))


@router.get("/v1/replays/{replay_id}", summary="How far a replay is")
async def get_replay(replay_id: UUID, actor: Who, tx: Tx, request: Request) -> RunningReplay:
    require(actor, "parked.read")
    row = await replays.get_replay(tx, replay_id)
    if row is None:
        raise NotFound
    return _replay(row, request, actor)


@router.post("/v1/replays/{replay_id}/stop", summary="Stop a replay after the stream that it has in hand")
async def stop_replay(replay_id: UUID, body: ReasonedCommand, actor: Who, tx: Tx, response: Response) -> Done:
    require(actor, "parked.replay")
    if await replays.get_replay(tx, replay_id) is None:
        raise NotFound
    if await replays.stop_replay(tx, replay_id):
        log_operation(tx, "stop_replay", body, target_id=replay_id)
    return done(tx, response, replay_id)


async def _cause(tx: Transaction, cause_id: str) -> causes.ParkedCause:
    found = await causes.find_cause(tx, cause_id)
    if found is None:
        raise NotFound
    return found
