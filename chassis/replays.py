"""Replay of everything parked for one cause, as work: stream by stream, with progress, stoppable, begun anew where it broke off."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Database, Transaction
from chassis.events.admission import Cause, Stream
from chassis.events.causes import ParkedCause, streams_of
from chassis.events.replay import Handles, replay_stream
from chassis.outbox import DueWork
from chassis.own_tables import ONE_RUNNING, REPLAYS, ReplayState
from chassis.tables import insert_missing
from chassis.work import WorkItem, WorkKind

KIND = "replay"
SLICE_SECONDS = 5.0
"""The seconds of one attempt, between two of which the runner may be stopped; a stream that was begun is ended."""
LEASE_SECONDS = 120.0

_RUNNING = text(
    f"select id from chassis.replays where reason = :reason and place = :place and state = '{ReplayState.RUNNING}'"
)
_BEGIN = insert_missing(
    REPLAYS, "id", "reason", "place", "over_gap", "state", "actor", "streams", "begun_at", key=ONE_RUNNING
)
_READ = text("select * from chassis.replays where id = :id")
_LIST = text(
    """
    select * from chassis.replays
    where cast(:at as timestamptz) is null or (begun_at, id) < (cast(:at as timestamptz), cast(:id as uuid))
    order by begun_at desc, id desc limit :limit
    """
)
_PROGRESS = text(
    """
    update chassis.replays set source = :source, stream = :stream, freed = freed + :freed,
        still_parked = still_parked + :still_parked, events = events + :events
    where id = :id returning state
    """
)
_END = text(
    f"update chassis.replays set state = :state, ended_at = :now where id = :id and state = '{ReplayState.RUNNING}'"
)


async def begin(tx: Transaction, cause: ParkedCause, *, over_gap: bool) -> tuple[UUID, bool]:
    """A replay of this cause, and whether it is a new one: while one runs, that one is the answer."""
    named = {"reason": cause.reason, "place": cause.place}
    replay_id = tx.new_id()
    values = {"id": replay_id, "over_gap": over_gap, "actor": tx.origin.actor, "streams": cause.streams}
    if await _BEGIN.write(tx, [{**named, **values}], state=ReplayState.RUNNING, begun_at=tx.now) == 1:
        tx.say(DueWork(KIND, str(replay_id)))
        return replay_id, True
    return UUID(str((await tx.execute(_RUNNING, named)).scalar_one())), False


async def stop_replay(tx: Transaction, replay_id: UUID) -> bool:
    """Stop a replay after the stream that it has in hand. False when it was over."""
    return await _end(tx, replay_id, ReplayState.STOPPED)


async def get_replay(tx: Transaction, replay_id: UUID) -> Row[Any] | None:
    return (await tx.execute(_READ, {"id": replay_id})).one_or_none()


async def list_replays(
    tx: Transaction, limit: int, after: tuple[object, object] | None = None
) -> Sequence[Row[Any]]:
    at, last = after or (None, None)
    return (await tx.execute(_LIST, {"at": at, "id": last, "limit": limit})).all()


def replay_work(service: Handles) -> WorkKind:
    """The kind of work. A part done twice changes nothing: an event that was handled is parked no more."""

    async def act(item: WorkItem) -> bool:
        return await _slice(service, UUID(item.key))

    async def finish(tx: Transaction, item: WorkItem, over: bool) -> None:
        if over:
            await _end(tx, UUID(item.key), ReplayState.DONE)
        else:
            tx.say(DueWork(KIND, item.key))

    async def given_up(tx: Transaction, item: WorkItem) -> None:
        await _end(tx, UUID(item.key), ReplayState.STOPPED)

    return WorkKind(KIND, act, finish, given_up, lease_seconds=LEASE_SECONDS)


async def _slice(service: Handles, replay_id: UUID) -> bool:
    """Replay some streams. True where nothing is left to do."""
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        async with service.database.transaction(service.database.system()) as tx:
            replay = await get_replay(tx, replay_id)
            if replay is None or replay.state != ReplayState.RUNNING:
                return True
            cause = Cause(replay.reason, replay.place)
            found = await streams_of(tx, cause, (replay.source, replay.stream))
        if not found:
            return True
        key = (found[0].source, found[0].stream)
        events, left = await replay_stream(service, *key, over_gap=replay.over_gap)
        await _progress(service.database, replay_id, key, events, left)
    return False


async def _progress(database: Database, replay_id: UUID, key: Stream, events: int, left: int) -> None:
    counts = {"events": events, "freed": int(not left), "still_parked": int(bool(left))}
    async with database.transaction(database.system()) as tx:
        await tx.execute(_PROGRESS, {"id": replay_id, "source": key[0], "stream": key[1], **counts})


async def _end(tx: Transaction, replay_id: UUID, to: ReplayState) -> bool:
    return (await tx.execute(_END, {"id": replay_id, "state": to, "now": tx.now})).rowcount == 1
