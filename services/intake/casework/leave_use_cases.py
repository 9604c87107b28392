"""The use cases of leaves: one function, one transaction."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import present, refused, require_workers, roles_of
from chassis.identity.access import permitted, require, require_case
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, Forbidden, NotFound, expect
from contracts.organisations import SUPERVISOR
from services.intake.casefile.domain.case import CaseVerb
from services.intake.casefile.outgoing import tasks_due
from services.intake.casefile.store import cases, dependants
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.use_cases import CARER, answered
from services.intake.casework.domain import facts
from services.intake.casework.domain.leave import (
    COVER_LEFT,
    ENDED_EARLY,
    WORKER_LEFT,
    Absence,
    Leave,
    LeaveVerb,
)
from services.intake.casework.outgoing import outgoing
from services.intake.casework.store import leaves, tasks
from services.intake.casework.use_cases import ASSIGN_MANY, give_back, is_able

PLAN = "leave.plan"
SUPERVISE = ASSIGN_MANY
"""Whoever gives cases to others plans and ends the leaves of others, and says which cases a cover does not see."""


async def plan_leave(tx: Transaction, actor: Actor, leave_id: UUID, absence: Absence) -> Leave:
    """A worker plans their own leave, a supervisor anybody's. Raises AlreadyThere where the two have one at that time."""
    require(actor, PLAN, organisation=actor.organisation)
    await require_workers(tx, actor.organisation, [absence.worker], "worker")
    await require_workers(tx, actor.organisation, [absence.cover], "cover")
    if absence.worker != actor.subject and not permitted(actor, SUPERVISE):
        raise Forbidden
    if not await roles_of(tx, actor.organisation, absence.cover) & {CARER, SUPERVISOR}:
        raise refused(
            "cover", "whoever covers cares for people, as a worker or a supervisor does", "cannot-care"
        )
    with answered():
        leave, said = Leave.plan(leave_id, actor.organisation, absence, tx.now)
    if await leaves.cover_is_away(tx, leave):
        raise refused("cover", "whoever covers is away at that time too", "cover-is-away")
    if await leaves.overlaps(tx, leave):
        raise AlreadyThere
    await leaves.add(tx, leave, said)
    return leave


async def end_leave(tx: Transaction, actor: Actor, leave_id: UUID, seen: int | None) -> Leave:
    """Whoever is away ends it, or a supervisor; never the cover, who would leave the cases with nobody."""
    require(actor, PLAN, organisation=actor.organisation)
    leave = await leaves.get(tx, actor, leave_id)
    if leave.worker != actor.subject and not permitted(actor, SUPERVISE):
        raise NotFound if leave.cover != actor.subject else Forbidden
    expect(leave.version, seen)
    with answered():
        said = leave.end(ENDED_EARLY, tx.now)
    await leaves.save(tx, leave, said)
    return leave


async def decide_cover(
    tx: Transaction, actor: Actor, leave_id: UUID, case_id: UUID, *, left_out: bool, seen: int | None = None
) -> Leave:
    """Leave a case out of a cover, or put it back, at once. Whoever covers is not told which, nor why.

    Raises Invalid with `cover-sees-anyway` where they see the case without covering in it.
    """
    require(actor, SUPERVISE, organisation=actor.organisation)
    await require_case(tx, actor, ACTIONS[CaseVerb.ASSIGN], case_id)
    leave = await leaves.get(tx, actor, leave_id)
    if leave.cover == actor.subject:
        raise Forbidden
    expect(leave.version, seen)
    with answered():
        leave.require(LeaveVerb.LEAVE_OUT if left_out else LeaveVerb.PUT_BACK)
    await cases.hold(tx, case_id)  # whoever finds its covers meanwhile has ended, or waits and sees this
    await (leaves.leave_out if left_out else leaves.put_back)(tx, leave, case_id)
    # The leave, which the cover sees, stays as it was.
    tx.say(outgoing(facts.CoverDecided(case_id, leave.id, left_out)))
    await leaves.follow_case(tx, case_id)
    if left_out and await is_able(tx, actor, leave.organisation, case_id, leave.cover):
        raise refused("case_id", "whoever covers sees this case in any event", "cover-sees-anyway")
    mark = f"covered:{leave.id}:{tx.now.isoformat()}"
    tx.say(*(tasks_due(one, mark) for one in await dependants.around(tx, [case_id])))
    await give_back_tasks(tx, leave)
    return leave


async def give_back_tasks(tx: Transaction, leave: Leave) -> None:
    """The tasks that the cover took on in cases in which they cover no longer are those of the worker again."""
    sees_all = SUPERVISOR in await roles_of(tx, leave.organisation, leave.cover)
    for task in await tasks.taken_on(tx, leave, sees_all=sees_all):
        await give_back(tx, task, leave.worker)


async def end_of_those_gone(tx: Transaction, organisation: str) -> None:
    """End the leaves of an organisation whose worker, or whose cover, is no longer there: a supervisor is told."""
    here = await present(tx, organisation)
    for leave in await leaves.standing(tx, organisation):
        if reason := _left(leave, here):
            await leaves.save(tx, leave, leave.end(reason, tx.now))


def _left(leave: Leave, here: Iterable[str]) -> str | None:
    if leave.worker not in here:
        return WORKER_LEFT
    return COVER_LEFT if leave.cover not in here else None
