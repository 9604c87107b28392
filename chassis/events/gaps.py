"""The gap tracker: reads the outbox in an order that loses no late commit and stalls behind no open transaction.

`pos` is drawn before its transaction commits, so a reader sees holes: a hole is either a commit to come or a rolled
back transaction. Each is remembered with a bound, a transaction id drawn after the snapshot that missed it: once
every transaction below the bound has ended and the row is still not there, the row never will be.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

FORGOTTEN_AT_ONCE = 5_000
_LOAD = "select max_pos, holes::text from chassis.relay"
_HORIZON = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_BOUND = "select pg_current_xact_id()::text::bigint"
_COLUMNS = "pos, topic, stream, sequence, id, type, time, actor, organisation, purpose, policy, causationid, traceparent, payload"
# One statement, so one snapshot. A row published late precedes in `pos` everything of its stream that came after it.
_READ = f"""
    select * from (select {_COLUMNS} from chassis.outbox where pos = any($2::bigint[])) as late
    union all
    select * from (select {_COLUMNS} from chassis.outbox where pos > $1 order by pos limit $3) as next
    order by pos
"""
_CHECKPOINT = "update chassis.relay set max_pos = $1, holes = $2::text::jsonb"
_FORGET = "delete from chassis.outbox where pos <= $1 and pos <> all($2::bigint[])"
# A sealed envelope is asked for again by its number and need not be kept. Neither statement looks at all that is kept.
_FORGET_RAW = f"{_FORGET} and pos > $3 and type is null"
_FORGET_OLD = f"""
    {_FORGET} and pos = any(array(
        select pos from (select pos, time from chassis.outbox order by pos limit {FORGOTTEN_AT_ONCE}) as first
        where time < now() - make_interval(secs => $3)
    ))
"""


@dataclass(frozen=True, slots=True)
class Tracker:
    """How far the outbox has been read: `max_pos`, and the positions below it not seen yet, each with its bound."""

    max_pos: int
    holes: dict[int, int]

    def after(self, read: Sequence[int], horizon: int) -> "Tracker":
        """The state once these positions were read; `horizon` was taken before the read."""
        seen = set(read)
        holes = {pos: bound for pos, bound in self.holes.items() if pos not in seen and bound > horizon}
        return Tracker(max(self.max_pos, read[-1]) if read else self.max_pos, holes)

    def skipped(self, read: Sequence[int]) -> list[int]:
        """Positions newly passed over by a read."""
        return _between(self.max_pos, (pos for pos in read if pos > self.max_pos))

    def with_holes(self, positions: Iterable[int], bound: int) -> "Tracker":
        return Tracker(self.max_pos, {**self.holes, **dict.fromkeys(positions, bound)})


def _between(start: int, read: Iterable[int]) -> list[int]:
    skipped: list[int] = []
    last = start
    for pos in read:
        if pos != last + 1:
            skipped.extend(range(last + 1, pos))
        last = pos
    return skipped


@dataclass(frozen=True, slots=True)
class PublishableRows:
    """Rows to publish in this order, and the state to checkpoint once they are acknowledged."""

    rows: list[Any]
    tracker: Tracker


class OutboxReader:
    """The statements of the relay on its one connection, which also holds the lock that makes it the only one."""

    def __init__(self, conn: "asyncpg.Connection[Any]", limit: int, keep_seconds: float = 0.0) -> None:
        """`keep_seconds` is for how long events are kept after they were published."""
        self._conn, self._limit, self._keep_seconds = conn, limit, keep_seconds
        self._forgotten = 0

    async def load(self) -> Tracker:
        row = await self._conn.fetchrow(_LOAD)
        if row is None:
            raise RuntimeError("chassis.relay has no row: run the migrations")
        return Tracker(row["max_pos"], {int(pos): bound for pos, bound in json.loads(row["holes"]).items()})

    async def read(self, tracker: Tracker) -> PublishableRows:
        """The next rows in order. The horizon is taken before them, the bound of new holes after them."""
        horizon = await self._conn.fetchval(_HORIZON) if tracker.holes else 0
        rows = await self._conn.fetch(_READ, tracker.max_pos, list(tracker.holes), self._limit)
        positions = [row["pos"] for row in rows]
        following = tracker.after(positions, horizon)
        skipped = tracker.skipped(positions)
        if skipped:
            following = following.with_holes(skipped, await self._conn.fetchval(_BOUND))
        return PublishableRows(rows, following)

    async def checkpoint(self, tracker: Tracker) -> None:
        await self._conn.execute(_CHECKPOINT, tracker.max_pos, json.dumps(tracker.holes))

    async def forget(self, tracker: Tracker) -> None:
        """Delete published rows, sealed envelopes at once and events once they are old: of everything behind the
        checkpoint but the holes, which may still fill.
        """
        behind = (tracker.max_pos, list(tracker.holes))
        await self._conn.execute(_FORGET_RAW, *behind, self._forgotten)
        await self._conn.execute(_FORGET_OLD, *behind, self._keep_seconds)
        self._forgotten = tracker.max_pos
