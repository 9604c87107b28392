"""Tasks and their versions, and the flags for which tasks were raised. Whoever loads a task has the right to its case."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of, update_set, upsert_set
from services.intake.casefile.domain.case import GONE, Case
from services.intake.casefile.store import cases, owners
from services.intake.casework.domain.facts import CaseworkFact
from services.intake.casework.domain.leave import Leave, LeaveState
from services.intake.casework.domain.tasks import URGENT_STEP, Task, TaskState
from services.intake.casework.outgoing import outgoing
from services.intake.casework.store import leaves
from services.intake.casework.store.tables import ANSWERED_FLAGS, TASKS

_TASKS = RowReader(Task, TASKS)
_WHOSE = text("select organisation, case_id from intake.tasks where id = :id")
_WHOSE_CALL = text("select organisation, case_id from intake.calls where id = :id")
_SELECT = f"select {_TASKS.columns()} from intake.tasks where "
_GET = text(f"{_SELECT} id = :id for update")
_OPEN = f"state = '{TaskState.OPEN}'"
_OF_CASE = text(f"{_SELECT} case_id = :case and {_OPEN} order by id for update")
_OF_STAFF = text(
    f"{_SELECT} organisation = :organisation and {_OPEN} and worker is not null"
    " and not worker = any(cast(:present as text[])) order by id limit :limit for update"
)
_TAKEN_ON = text(
    f"{_SELECT} organisation = :organisation and worker = :cover and {_OPEN} and case_id in (select c.id from intake.cases c"
    " where c.organisation = :organisation and :away = any(c.workers) and :cover <> all(c.workers || c.covers))"
    " and (not :sees_all or raised_at >= (select greatest(l.starts_at, l.planned_at) from intake.leaves l where l.id = :leave))"
    " order by id for update"
)
_OF_CALL = text(f"{_SELECT} call_id = :call order by id for update")
_STEPS_OF_CALL = text(
    f"select exists (select from intake.tasks where call_id = :call and {_OPEN} and kind = '{URGENT_STEP}')"
)
_WORDS_OF_OLD = text(
    f"{_SELECT} case_id is null and not {_OPEN} and content is not null and ended_at < :before order by id limit :limit for update"
)
_STATES_OF_STEPS = text(
    f"select distinct state from intake.tasks where call_id = :call and kind = '{URGENT_STEP}'"
)
_UNDER = text("select exists (select from intake.tasks where id = :id and person_id = :person)")
_ADD = insert_missing(TASKS, without=["ended_at", "ended_by", "version"], key=["id"])
_SAVE = update_set(
    TASKS,
    "kind",
    "state",
    "worker",
    "due_at",
    "remind_at",
    "reminded_at",
    "late_at",
    "content",
    "person_id",
    "cancel_offered",
    also={
        "version": "t.version + 1",
        "ended_at": f"case when u.state = '{TaskState.OPEN}' then null else coalesce(t.ended_at, now()) end",
    },
    stored="version",
)
_ENDED = update_set(TASKS, "ended_by")
_PLACE = update_set(TASKS, "case_id", "organisation")
_FORGET_WORDS = text(
    "update intake.tasks set content = null, person_id = null, version = version + 1"
    " where case_id = :case and content is not null"
)
# Flags that came with a disclosure are in its fields; whoever covers, or may, is there while anybody of the organisation is away.
_NOTHING_FOLLOWS = text(
    f"""
    select c.state not in {one_of(GONE)} and c.flags is null and c.covers = '{{}}'
        and not exists (select from intake.answered_flags where case_id = c.id)
        and not exists (select from intake.tasks where case_id = c.id and {_OPEN})
        and not exists (select from intake.disclosures where case_id = c.id)
        and not exists (select from intake.leaves where organisation = c.organisation and state <> '{LeaveState.ENDED}')
    from intake.cases c where c.id = :case
    """
)
_ANSWERED = text("select person_id, flags from intake.answered_flags where case_id = :case")
_ANSWER = upsert_set(ANSWERED_FLAGS)
_UNANSWER = text("delete from intake.answered_flags where case_id = :case")


async def get(tx: Transaction, actor: Actor, action: str, task_id: UUID) -> tuple[Task, Case | None]:
    """The task with its case, both locked; NotFound for whoever may not do this with its case, or in its organisation."""
    case_id = await case_of(tx, actor, action, task_id)
    case = None if case_id is None else await cases.get(tx, actor, action, case_id, lock=True)
    task = await hold(tx, task_id)
    if task is None:
        raise NotFound
    if task.case_id != case_id:  # a call that it was of has become a case's, or is none's any more
        raise PreconditionFailed
    return task, case


async def case_of(tx: Transaction, actor: Actor, action: str, task_id: UUID) -> UUID | None:
    """The case of a task, for whoever may do this with it; None for one of the team."""
    return await owners.case_of(tx, actor, action, _WHOSE, task_id)


async def hold(tx: Transaction, task_id: UUID) -> Task | None:
    return _TASKS.first(await tx.execute(_GET, {"id": task_id}))


async def of_case(tx: Transaction, case_id: UUID) -> list[Task]:
    """The open tasks of a case, locked."""
    return _TASKS.all(await tx.execute(_OF_CASE, {"case": case_id}))


async def nothing_follows(tx: Transaction, case_id: UUID) -> bool:
    """True for a case that is here and has no flag, task or cover: none that follows from its state, its workers or what came with it.

    Seen without a lock: whoever changes any of this afterwards says that its tasks are due.
    """
    return bool((await tx.execute(_NOTHING_FOLLOWS, {"case": case_id})).scalar())


async def of_call(tx: Transaction, call_id: UUID) -> list[Task]:
    """The tasks about a call to the hotline, ended ones too, locked."""
    return _TASKS.all(await tx.execute(_OF_CALL, {"call": call_id}))


async def require_call(tx: Transaction, actor: Actor, action: str, call_id: UUID) -> None:
    """Raises NotFound for a call that is not there, or whose tasks are not the actor's."""
    await owners.case_of(tx, actor, action, _WHOSE_CALL, call_id)


async def has_open_steps(tx: Transaction, call_id: UUID) -> bool:
    """True while something that an urgent flag of this call asks for is still to be done."""
    return bool((await tx.execute(_STEPS_OF_CALL, {"call": call_id})).scalar())


async def states_of_steps(tx: Transaction, call_id: UUID) -> set[TaskState]:
    """The states of the steps that urgent flags ever asked for in this call."""
    return {TaskState(state) for state in (await tx.execute(_STATES_OF_STEPS, {"call": call_id})).scalars()}


async def is_under(tx: Transaction, task_id: UUID, person_id: UUID) -> bool:
    """True while the words of a task are under the key of this person."""
    return bool((await tx.execute(_UNDER, {"id": task_id, "person": person_id})).scalar())


async def of_those_gone(tx: Transaction, organisation: str, present: Sequence[str], limit: int) -> list[Task]:
    """Open tasks of an organisation whose worker is none of those present, locked."""
    who = {"organisation": organisation, "present": list(present), "limit": limit}
    return _TASKS.all(await tx.execute(_OF_STAFF, who))


async def taken_on(tx: Transaction, leave: Leave, *, sees_all: bool) -> list[Task]:
    """The open tasks of somebody who covers no longer, in the cases of whoever they covered for, locked. Whoever sees all cases had
    tasks there before, too: those are not among them.
    """
    who = {"organisation": leave.organisation, "away": leave.worker, "cover": leave.cover}
    return _TASKS.all(await tx.execute(_TAKEN_ON, {**who, "leave": leave.id, "sees_all": sees_all}))


async def with_words_of_old(tx: Transaction, before: datetime, limit: int) -> list[Task]:
    """Tasks of the team that ended before then and have their words still, locked."""
    return _TASKS.all(await tx.execute(_WORDS_OF_OLD, {"before": before, "limit": limit}))


async def add(tx: Transaction, task: Task, facts: Sequence[CaseworkFact]) -> None:
    if await _ADD.write(tx, [task]) != 1:
        raise AlreadyThere
    task.version = 1
    await say(tx, task, facts)


async def save(tx: Transaction, task: Task, facts: Sequence[CaseworkFact], *, by: str | None = None) -> None:
    """Write the task if it is still as it was read. Raises PreconditionFailed."""
    if await _SAVE.write(tx, [task]) != 1:
        raise PreconditionFailed
    task.version += 1
    if by is not None:
        await _ENDED.write(tx, [{"id": task.id, "ended_by": by}])
    await say(tx, task, facts)


async def save_moved(tx: Transaction, task: Task, facts: Sequence[CaseworkFact]) -> None:
    """The same for one that went to a case, out of it, or to another organisation."""
    await _PLACE.write(tx, [task])
    await save(tx, task, facts)


async def say(tx: Transaction, task: Task, facts: Sequence[CaseworkFact]) -> None:
    """While whoever has the task is away, the one who covers for them in its case is told of it, where there is one."""
    told = task.worker
    if facts and told is not None:
        covers = await leaves.covers_of(tx, task.organisation, told, task.case_id)
        told = covers[0] if len(covers) == 1 else told
    tx.say(*(outgoing(fact, None if told == tx.origin.actor else told) for fact in facts))


async def forget_words(tx: Transaction, case_id: UUID) -> None:
    """The case is nobody's here any more: what its tasks said goes."""
    await tx.execute(_FORGET_WORDS, {"case": case_id})
    await tx.execute(_UNANSWER, {"case": case_id})


async def answered_flags(tx: Transaction, case_id: UUID) -> tuple[UUID, str] | None:
    """The flags for which tasks were raised, sealed, and under whose key."""
    row = (await tx.execute(_ANSWERED, {"case": case_id})).first()
    return None if row is None else (row.person_id, row.flags)


async def answer(tx: Transaction, case_id: UUID, person_id: UUID, flags: str | None) -> None:
    """`flags` is ciphertext; None: none stands."""
    if flags is None:
        await tx.execute(_UNANSWER, {"case": case_id})
    else:
        await _ANSWER.write(tx, [{"case_id": case_id, "person_id": person_id, "flags": flags}])
