"""Leaves and the cases left out of them, and whoever covers in each case as follows from both."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import text

from chassis.connection import Answer
from chassis.database import Transaction
from chassis.identity.access import remember_workers
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of, update_set
from services.intake.casefile.domain.case import HERE
from services.intake.casefile.store.dependants import AROUND
from services.intake.casework.domain.facts import CaseCovered, CaseworkFact
from services.intake.casework.domain.leave import Leave, LeaveState
from services.intake.casework.outgoing import outgoing
from services.intake.casework.store.tables import LEAVES, LEFT_OUT

AT_ONCE = 200
"""The cases that are looked through in one transaction."""

_LEAVES, _COVERED = RowReader(Leave, LEAVES), RowReader(CaseCovered)
_SELECT = f"select {_LEAVES.columns()} from intake.leaves"
_HOLD = text(f"{_SELECT} where id = :id for update")
_STANDING = text(
    f"{_SELECT} where organisation = :organisation and state <> '{LeaveState.ENDED}' order by id for update"
)
_OVERLAPS = text(
    f"select exists (select from intake.leaves where organisation = :organisation and state <> '{LeaveState.ENDED}'"
    " and worker = :worker and cover = :cover and starts_at < :ends_at and ends_at > :starts_at)"
)
_AWAY = text(
    f"select exists (select from intake.leaves where organisation = :organisation and state <> '{LeaveState.ENDED}'"
    " and worker = :cover and starts_at < :ends_at and ends_at > :starts_at)"
)
_ADD = insert_missing(LEAVES, without=["version", "ended_at"], key=["id"])
_SAVE = update_set(LEAVES, "state", "ended_at", also={"version": "t.version + 1"}, stored="version")
_LEAVE_OUT = insert_missing(LEFT_OUT)
_PUT_BACK = text(
    "delete from intake.left_out x using intake.leaves o where o.id = x.leave_id and x.case_id = :case"
    " and o.organisation = :organisation and o.cover = :cover"
)
_RUNNING = f"l.state = '{LeaveState.RUNNING}' and l.ends_at > :now"
_COVERED_BY = text(
    f"select distinct l.worker from intake.leaves l where l.organisation = :organisation and l.cover = :cover and {_RUNNING}"
)
# What was left out is kept from the cover in every leave of theirs, be it of another worker, or planned since; and so is what is
# around it: who is kept from her is kept from her child, and from whichever case is hers or its.
_LEFT_OUT = (
    "exists (select from intake.left_out x join intake.leaves o on o.id = x.leave_id where o.organisation = l.organisation"
    f" and o.cover = l.cover and x.case_id in ({AROUND.format(cases='array[{case}]')}))"
)
_COVERS_OF = text(
    "select distinct l.cover from intake.leaves l where l.organisation = :organisation and l.worker = :worker"
    f" and {_RUNNING} and not {_LEFT_OUT.format(case='cast(:case as uuid)')} order by l.cover"
)
_OF_WORKER = "id in (select o.case_id from intake.listed_cases o where o.organisation = :organisation and o.list = 'worker:' || :worker)"
_COVERED_FOR = text(
    "select l.worker from intake.leaves l join intake.cases c on c.id = :case and c.organisation = l.organisation"
    f" and l.worker = any(c.workers) where l.cover = :cover and l.state <> '{LeaveState.PLANNED}'"
    " and (l.ended_at is null or l.ended_at > :since) order by l.starts_at desc, l.id limit 1"
)
# Whoever has a case needs no cover in it to see it, and nobody covers in a case that is gone.
_FOUND = f"""
    intake.cases c cross join lateral (
        select coalesce(array_agg(distinct l.cover order by l.cover), '{{}}') as covers from intake.leaves l
        where c.state in {one_of(sorted(HERE))} and l.organisation = c.organisation and l.worker = any(c.workers)
            and l.cover <> all(c.workers) and {_RUNNING}
            and not {_LEFT_OUT.format(case="c.id")}) as found
"""
# Where nobody of its organisation is away, and nobody covered in it before, nothing is looked for: to plan that takes longer than to do it.
_HOLD_CASE = text(
    f"select c.id from intake.cases c where c.id = :id and (c.covers <> '{{}}'"
    f" or exists (select from intake.leaves l where l.organisation = c.organisation and {_RUNNING})) for update of c"
)
_HOLD_CHANGED = text(
    f"select c.id from {_FOUND} where c.{_OF_WORKER} and c.covers <> found.covers order by c.id limit :limit for update of c"
)
_FOLLOW = text(
    f"""
    with changed as (select c.id, found.covers from {_FOUND}
        where c.id = any(cast(:cases as uuid[])) and c.covers <> found.covers)
    update intake.cases c set covers = changed.covers from changed where c.id = changed.id
    returning c.id as case_id, c.organisation, c.workers, c.covers
    """
)


async def get(tx: Transaction, actor: Actor, leave_id: UUID) -> Leave:
    """The leave of somebody in the actor's organisation, locked. Whether it is the actor's to move is asked by whoever does."""
    leave = await hold(tx, leave_id)
    if leave is None or leave.organisation != actor.organisation:
        raise NotFound
    return leave


async def hold(tx: Transaction, leave_id: UUID) -> Leave | None:
    return _LEAVES.first(await tx.execute(_HOLD, {"id": leave_id}))


async def standing(tx: Transaction, organisation: str) -> list[Leave]:
    """The leaves of an organisation that have not ended, locked."""
    return _LEAVES.all(await tx.execute(_STANDING, {"organisation": organisation}))


async def overlaps(tx: Transaction, leave: Leave) -> bool:
    """True where the same colleague covers for the same worker at some time of it already."""
    return bool((await tx.execute(_OVERLAPS, _span(leave))).scalar_one())


async def cover_is_away(tx: Transaction, leave: Leave) -> bool:
    return bool((await tx.execute(_AWAY, {**_span(leave), "worker": leave.cover})).scalar_one())


def _span(leave: Leave) -> dict[str, object]:
    names = ("organisation", "worker", "cover", "starts_at", "ends_at")
    return {name: getattr(leave, name) for name in names}


async def add(tx: Transaction, leave: Leave, facts: Sequence[CaseworkFact]) -> None:
    if await _ADD.write(tx, [leave], planned_at=tx.now, planned_by=tx.origin.actor) != 1:
        raise AlreadyThere
    leave.version = 1
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, leave: Leave, facts: Sequence[CaseworkFact]) -> None:
    """Raises PreconditionFailed where it is no longer as it was read."""
    if await _SAVE.write(tx, [leave]) != 1:
        raise PreconditionFailed
    leave.version += 1
    tx.say(*map(outgoing, facts))


async def leave_out(tx: Transaction, leave: Leave, case_id: UUID) -> None:
    row = {"leave_id": leave.id, "case_id": case_id, "organisation": leave.organisation}
    await _LEAVE_OUT.write(tx, [row], at=tx.now, by=tx.origin.actor)


async def put_back(tx: Transaction, leave: Leave, case_id: UUID) -> None:
    await tx.execute(_PUT_BACK, {"organisation": leave.organisation, "cover": leave.cover, "case": case_id})


async def covered_by(tx: Transaction, organisation: str, cover: str) -> list[str]:
    """The workers for whom somebody covers now."""
    who = {"organisation": organisation, "cover": cover, "now": tx.now}
    return list((await tx.execute(_COVERED_BY, who)).scalars())


async def covers_of(tx: Transaction, organisation: str, worker: str, case_id: UUID | None) -> list[str]:
    """Whoever covers for a worker now: in this case, or in what is of no case."""
    who = {"organisation": organisation, "worker": worker, "case": case_id, "now": tx.now}
    return list((await tx.execute(_COVERS_OF, who)).scalars())


async def covered_for(tx: Transaction, case_id: UUID, cover: str, since: datetime) -> str | None:
    """The worker of a case for whom somebody covers, or covered at some time since then."""
    asked = {"case": case_id, "cover": cover, "since": since}
    worker: str | None = (await tx.execute(_COVERED_FOR, asked)).scalar()
    return worker


async def follow_case(tx: Transaction, case_id: UUID) -> None:
    """Let the covers of a case follow its workers and what was left out. Nothing is said where they stay."""
    await _follow(tx, await tx.execute(_HOLD_CASE, {"id": case_id, "now": tx.now}))


async def follow_worker(tx: Transaction, leave: Leave) -> bool:
    """The same of the cases of whoever is away, so many at once. True where there may be others."""
    which = {"organisation": leave.organisation, "worker": leave.worker, "now": tx.now, "limit": AT_ONCE}
    return await _follow(tx, await tx.execute(_HOLD_CHANGED, which)) == AT_ONCE


async def _follow(tx: Transaction, held: Answer) -> int:
    """Find the covers of cases that are locked by now: what another transaction left out before is seen. How many cases."""
    cases = list(held.scalars())
    if not cases:
        return 0
    found = await tx.execute(_FOLLOW, {"cases": cases, "now": tx.now})
    changed = sorted(_COVERED.all(found), key=attrgetter("case_id"))
    for case in changed:
        await remember_workers(tx, case.case_id, (*case.workers, *case.covers))
    tx.say(*map(outgoing, changed))
    return len(cases)
