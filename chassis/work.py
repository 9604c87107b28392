"""Work: an act that needs the network or a clock is a due row, claimed, acted on outside any transaction, finished
inside one.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.connection import Answer
from chassis.database import Database, Transaction
from chassis.faults import named, place, transient
from chassis.observe.telemetry import Telemetry, mark_failed
from chassis.outbox import DueWork
from chassis.own_tables import WorkState
from chassis.settings import Settings
from chassis.supervised import SupervisedLoop
from chassis.wakes import LOOK, Wake

CONCURRENCY = 8
PRIORITIES = (0, 1, 2, 3)
"""The values of `DueWork.priority`; the lowest goes first."""
BREATH_SECONDS = 0.2
"""The seconds that are waited at least before work is looked for that the database says is due and that could not be had."""
MOST_IN_HAND = 1000
"""The items of a lane and a priority that others have in hand at once and whose leases are looked at."""

# A row is due by the clock that was passed in, which a test may set; its lease runs by the database's own, which
# nobody sets. How many rows are due later, of which there are many, decides nothing here: each way goes along `work_due`, or by identifier (ADR 0071).
_CLAIM = text(
    f"""
    with lanes as (
        select * from unnest(cast(:lanes as text[]), cast(:slots as integer[])) as l(lane, slots)
    ), claimed as materialized (
        select first.id from lanes cross join lateral (
            select due.* from unnest(cast(:priorities as smallint[])) as p(priority) cross join lateral (
                select w.id, w.priority, w.due_at from chassis.work as w
                where w.lane = lanes.lane and w.priority = p.priority and w.state = '{WorkState.DUE}' and w.due_at <= :now
                  and w.kind = any(cast(:kinds as text[]))
                  and (w.claimed_until is null or w.claimed_until < clock_timestamp())
                order by w.due_at limit lanes.slots for update of w skip locked
            ) as due
            order by due.priority, due.due_at limit lanes.slots
        ) as first
    ), taken as (
        update chassis.work as w
        set claimed_until = clock_timestamp() + make_interval(
                secs => (cast(:leases as double precision[]))[array_position(cast(:kinds as text[]), w.kind)]),
            attempts = attempts + 1
        where w.id = any(array(select id from claimed))
        returning w.*
    )
    select id, kind, key, payload, attempts, claimed_until, lane, traceparent from taken
    order by array_position(array(select id from claimed), id)
    """
)
# What is due already and was not to be had is in other hands: it comes back when their lease ends.
_NEXT = text(
    f"""
    select min(first.due_at) from unnest(cast(:lanes as text[])) as l(lane)
    cross join unnest(cast(:priorities as smallint[])) as p(priority) cross join lateral (
        (select w.due_at from chassis.work as w
         where w.lane = l.lane and w.priority = p.priority and w.state = '{WorkState.DUE}' and w.due_at > :now
           and w.kind = any(cast(:kinds as text[])) order by w.due_at limit 1)
        union all
        select cast(:now as timestamptz) + (min(w.claimed_until) - clock_timestamp()) from (
            select * from chassis.work as d
            where d.lane = l.lane and d.priority = p.priority and d.state = '{WorkState.DUE}' and d.due_at <= :now
              and d.kind = any(cast(:kinds as text[])) order by d.due_at limit {MOST_IN_HAND}
        ) as w
    ) as first
    """
)
_FINISH = text("delete from chassis.work where id = :id and claimed_until = :claim")
_LATER = text(
    """
    update chassis.work set claimed_until = null, attempts = attempts - 1, due_at = :due
    where id = :id and claimed_until = :claim
    """
)
_FAILED = text(
    f"""
    update chassis.work set claimed_until = null, due_at = :due, last_error = :error,
                            state = case when attempts >= :most then '{WorkState.FAILED}' else '{WorkState.DUE}' end
    where id = :id and claimed_until = :claim
    """
)
_RETRY = text(
    f"update chassis.work set state = '{WorkState.DUE}', attempts = 0, due_at = :now, first_due_at = :now"
    f" where id = :id and state = '{WorkState.FAILED}'"
)

_BACKLOG = text(
    f"""
    select count(*) from (
        select 1 from chassis.work
        where lane = :lane and priority = any(cast(:priorities as smallint[])) and state = '{WorkState.DUE}' limit :most) as waiting
    """
)

log = logging.getLogger(__name__)


class WorkPostponed(Exception):
    """Raised in `act` or `finish`: not now, and not a failure; try again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class LostClaim(Exception):
    """The lease ran out and another took the item, or it is gone: nothing of this attempt is kept."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One claimed piece of work. `attempts` counts this one."""

    id: UUID
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    claim: datetime
    lane: str = ""
    traceparent: str | None = None
    """The context of the span in which the item is worked on: for messages that leave by another way than an event or
    a call.
    """


class NothingFollows:
    """The result of an act that found nothing to be done: its item is deleted, and `finish` is not asked."""


NOTHING_FOLLOWS = NothingFollows()


async def no_act(_: WorkItem) -> None:
    """The act of work that needs nothing from outside: everything happens in `finish`."""


async def no_finish(_: Transaction, __: WorkItem, ___: Any) -> None:
    """The finish of work that leaves nothing to be written."""


def backoff(attempts: int) -> float:
    """Seconds until the next attempt: 0.5, 1, 2 … to five minutes, spread by half."""
    return min(300.0, 0.5 * 2.0 ** min(attempts - 1, 20)) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter


@dataclass(frozen=True)
class WorkKind:
    """The handling of one kind of work. `act` may be done more than once; `finish` has its effect exactly once."""

    kind: str
    act: Callable[[WorkItem], Awaitable[Any]]
    """Outside any transaction, cut off when the lease ends."""
    finish: Callable[[Transaction, WorkItem, Any], Awaitable[None]]
    """Inside the transaction that deletes the item; it may say the same kind and key again, to recur."""
    given_up: Callable[[Transaction, WorkItem], Awaitable[None]] | None = None
    """Inside the transaction that marks the item failed for good."""
    recurs: Callable[[Transaction], DueWork] | None = None
    """The first item of work that comes again by the clock, said when the service starts; its `finish` says the next."""
    max_attempts: int = 12
    lease_seconds: float = 30.0
    backoff: Callable[[int], float] = backoff


class WorkRunner(SupervisedLoop):
    """Claims due items, a few at a time from each lane, and works on them until stopped.

    `lanes` says how many items of each lane are worked on at once; a lane that is full holds up no other.
    """

    name = "work"

    def __init__(
        self,
        settings: Settings,
        database: Database,
        kinds: Sequence[WorkKind],
        telemetry: Telemetry | None = None,
        *,
        lanes: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self._database, self._telemetry = database, telemetry
        self._kinds = {kind.kind: kind for kind in kinds}
        self._lanes = {"": CONCURRENCY, **(lanes or {})}
        self._poll = max(settings.poll_seconds, BREATH_SECONDS)
        self._next: datetime | None = None
        """The next due time, as far as it is known here; None: the database has to be asked."""
        self._running: dict[asyncio.Task[None], str] = {}

    async def session(self) -> None:
        self._next = None
        try:
            with self._database.wakes.waited_for(Wake.WORK):
                while not self.stopping:
                    await self._round()
        finally:
            if self._running:
                await asyncio.wait(self._running)

    async def _round(self) -> None:
        """Take on what is due; where that was all there is, wait until there is more."""
        self._heard()
        free, now = self._free(), self._database.clock()
        items = await self._claim(free, now)
        for item in items:
            task = asyncio.create_task(self._attempt(item))
            self._running[task] = item.lane
            task.add_done_callback(self._running.pop)
        self.fine()
        taken = Counter(item.lane for item in items)
        if all(taken[lane] < slots for lane, slots in free.items()):
            await self._wait(now, {*self._lanes} - {*free})

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of work that it can do."""
        return sorted(self._kinds)

    def in_hand(self) -> set[asyncio.Task[None]]:
        return set(self._running)

    async def run_due(self) -> int:
        """Work on everything that is due now, once each, and return how many: for tests and command lines."""
        done = 0
        began = time.monotonic()
        while items := await self._claim(self._lanes):
            await asyncio.gather(*(self._attempt(item) for item in items))
            done += len(items)
            if time.monotonic() - began > self.grace_seconds:
                break
        return done

    def _free(self) -> dict[str, int]:
        """How many more items each lane may take on; a full lane is left out."""
        taken = Counter(self._running.values())
        return {lane: most - taken[lane] for lane, most in self._lanes.items() if taken[lane] < most}

    def rouse(self) -> None:
        self._database.wakes.sign(Wake.WORK).set()

    def _heard(self) -> bool:
        """True where work may be due now; when it is due later, that is kept."""
        said = self._database.wakes.take_due()
        if said is LOOK:
            self._next = None
        elif said is not None and said > self._database.clock():
            self._next = None if self._next is None else min(said, self._next)
            return False
        return said is not None

    async def _wait(self, looked: datetime, full: set[str]) -> None:
        """Wait until something is due, a lane that was full has room, or nobody has asked the database for long."""
        if self._next is None or self._next <= looked:
            self._next = await self._first_due(looked)
        over = time.monotonic() + self._poll
        while not (self.stopping or self._heard() or full & self._free().keys()):
            left = ((self._next or looked) - self._database.clock()).total_seconds()
            if left <= 0:
                return
            if time.monotonic() >= over:
                self._next = None
                return
            await self._until_heard(min(left, over - time.monotonic()), full)

    async def _until_heard(self, seconds: float, full: set[str]) -> None:
        """Wait at most so long for a wake, or for an item of these lanes to be done."""
        wake = asyncio.create_task(self._database.wakes.sign(Wake.WORK).wait())
        others = {task for task, lane in self._running.items() if lane in full}
        try:
            await asyncio.wait({wake, *others}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()

    async def _first_due(self, looked: datetime) -> datetime:
        """The next due time in the database, after a look that found nothing more to take on."""
        known = {"lanes": list(self._free()), "kinds": list(self._kinds), "priorities": list(PRIORITIES)}
        first = (await self._database.look(_NEXT, {**known, "now": looked})).scalar_one()
        if first is None:
            return looked + timedelta(seconds=self._poll)
        return first if first > looked else looked + timedelta(seconds=BREATH_SECONDS)

    async def _claim(self, slots: Mapping[str, int], now: datetime | None = None) -> list[WorkItem]:
        if not slots:
            return []
        parameters = {
            "kinds": list(self._kinds),
            "leases": [kind.lease_seconds for kind in self._kinds.values()],
            "now": now or self._database.clock(),
            "lanes": list(slots),
            "slots": list(slots.values()),
            "priorities": list(PRIORITIES),
        }
        return [WorkItem(*tuple(row)) for row in await self._database.look(_CLAIM, parameters)]

    async def _attempt(self, item: WorkItem) -> None:
        with self._span(item) as traceparent:
            await self._work_on(replace(item, traceparent=traceparent))

    def _span(self, item: WorkItem) -> AbstractContextManager[str | None]:
        if self._telemetry is None:
            return contextlib.nullcontext(item.traceparent)
        return self._telemetry.work(item.kind, item.attempts, item.traceparent)

    async def _work_on(self, item: WorkItem) -> None:
        kind = self._kinds[item.kind]
        try:
            async with asyncio.timeout(kind.lease_seconds):
                result = await kind.act(item)
            await self._finish(kind, item, result)
        except WorkPostponed as later:
            await self._put_off(item, _LATER, {"due": self._after(later.seconds)})
        except LostClaim as error:
            mark_failed(error)
            log.warning("work %s: the lease of an item ran out before it was finished", item.kind)
        except Exception as error:  # noqa: BLE001 - any failure is counted, kept by name and tried again
            mark_failed(error)
            log.warning("work %s, attempt %d: %s at %s", item.kind, item.attempts, named(error), place(error))
            due = self._after(kind.backoff(item.attempts))
            spent = item.attempts >= kind.max_attempts
            parameters = {"due": due, "error": named(error), "most": kind.max_attempts}
            await self._put_off(item, _FAILED, parameters, kind.given_up if spent else None)

    async def _finish(self, kind: WorkKind, item: WorkItem, result: Any) -> None:
        claimed = {"id": item.id, "claim": item.claim}
        if result is NOTHING_FOLLOWS or kind.finish is no_finish:
            _require_claim(await self._database.look(_FINISH, claimed))
            return
        async with self._database.transaction(self._database.system()) as tx:
            _require_claim(await tx.execute(_FINISH, claimed))
            await kind.finish(tx, item, result)

    async def _put_off(
        self,
        item: WorkItem,
        statement: Any,
        parameters: dict[str, Any],
        also: Callable[[Transaction, WorkItem], Awaitable[None]] | None = None,
    ) -> None:
        """Put an item off. Without a database the claim simply runs out, and the item is taken again."""
        try:
            async with self._database.transaction(self._database.system()) as tx:
                put_off = await tx.execute(statement, {"id": item.id, "claim": item.claim, **parameters})
                if put_off.rowcount == 1:
                    tx.work_due(parameters["due"])
                if also is not None and put_off.rowcount == 1:
                    await also(tx, item)
        except Exception as error:
            if not transient(error):
                raise
            self.trouble = named(error)
            self._database.wakes.say_due(self._after(self._kinds[item.kind].lease_seconds))

    def _after(self, seconds: float) -> datetime:
        return self._database.clock() + timedelta(seconds=seconds)


def _require_claim(deleted: Answer) -> None:
    if deleted.rowcount != 1:
        raise LostClaim


async def backlog(tx: Transaction, lane: str, *, priority: int | None = None, most: int = 10_000) -> int:
    """How many items of a lane wait, of one priority or of all; counted up to `most`."""
    parameters = {"lane": lane, "priorities": list(PRIORITIES if priority is None else [priority])}
    return int((await tx.execute(_BACKLOG, {**parameters, "most": most})).scalar_one())


async def retry_failed(tx: Transaction, id_: UUID) -> bool:
    """An operator tries failed work again from the start. True where it was failed."""
    failed = (await tx.execute(_RETRY, {"id": id_, "now": tx.now})).rowcount == 1
    if failed:
        tx.work_due(tx.now)
    return failed
