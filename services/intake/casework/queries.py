"""Reads of casework: rows straight to the views of a worker, sealed words opened by the route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.rows import RowReader
from chassis.web.positions import Position
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.store.dependants import AROUND
from services.intake.casefile.store.undertakings import LATE_RECALL, LATE_REFERRAL
from services.intake.casework.domain.leave import LeaveState
from services.intake.casework.domain.tasks import TaskState
from services.intake.casework.sealed_rows import NoteRevisionRow, NoteRow, TaskRow

_NOTES, _REVISIONS, _TASKS = RowReader(NoteRow), RowReader(NoteRevisionRow), RowReader(TaskRow)
_NOTE = (
    "select n.id, n.category, n.organisation, n.by, n.at, n.state, n.revision, r.text, r.reason, r.by as revised_by,"
    " r.at as revised_at from intake.notes n join intake.note_revisions r on r.note_id = n.id and r.revision = n.revision"
    " where n.case_id = :case"
)
_NOTE_FILTERS: Mapping[str, str] = {"category": "n.category = :category", "by": "n.by = :by"}


async def notes(
    tx: Transaction, case_id: UUID, filters: Mapping[str, object], after: Position | None, limit: int
) -> list[NoteRow]:
    """Newest first."""
    at, row_id = after or (None, None)
    statement = text(
        f"{_NOTE}{''.join(' and ' + _NOTE_FILTERS[name] for name in filters)}"
        " and (cast(:at as timestamptz) is null or (n.at, n.id) < (:at, cast(:after as uuid)))"
        " order by n.at desc, n.id desc limit :limit"
    )
    parameters = {**filters, "case": case_id, "at": at, "after": row_id, "limit": limit}
    return _NOTES.all(await tx.execute(statement, parameters))


async def note(tx: Transaction, case_id: UUID, note_id: UUID) -> NoteRow | None:
    return _NOTES.first(await tx.execute(text(f"{_NOTE} and n.id = :id"), {"case": case_id, "id": note_id}))


async def note_revisions(tx: Transaction, note_id: UUID) -> list[NoteRevisionRow]:
    """Every revision, oldest first; they are few."""
    statement = text("select * from intake.note_revisions where note_id = :id order by revision")
    return _REVISIONS.all(await tx.execute(statement, {"id": note_id}))


Contents = Sequence[tuple[UUID, UUID, str]]
"""Of tasks: identifier, owner of the key, ciphertext."""


class TaskOrder(StrEnum):
    """`due`: what is due first, and what has no time last; `newest`: what was raised last comes first."""

    DUE = "due"
    NEWEST = "newest"


_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_DUE = "coalesce(t.due_at, :never)"
_ORDERS: Mapping[TaskOrder, tuple[str, str, str]] = {
    TaskOrder.DUE: (_DUE, ">", "order_at, t.id"),
    TaskOrder.NEWEST: ("t.raised_at", "<", "order_at desc, t.id desc"),
}
_LATE = f"t.state = '{TaskState.OPEN}' and t.due_at <= :now"
_TASK_FILTERS: Mapping[str, str] = {
    "state": "t.state = :state",
    "mine": "(t.worker is not null and t.worker = any(cast(:mine as text[])))",
    "worker": "t.worker = :worker",
    "unassigned": "(t.worker is null) = :unassigned",
    "team": "(t.case_id is null) = :team",
    "due_before": "t.due_at < :due_before",
    "overdue": f"coalesce({_LATE}, false) = :overdue",
    "cancel_offered": "t.cancel_offered = :cancel_offered",
    "case_id": "t.case_id = :case_id",
    "call_id": "t.call_id = :call_id",
    "kind": "t.kind = :kind",
}
_TASK_COLUMNS = (
    f"t.id, t.case_id, {reference_column('t.case_id')} as case_reference,"
    " t.call_id, t.kind, t.state, t.worker, t.due_at, t.remind_at, t.cancel_offered, t.raised_at, t.raised_by,"
    " t.ended_at, t.ended_by, t.version, t.content, t.person_id"
)


@dataclass(frozen=True, slots=True)
class TaskSelection:
    """The filters of a list of tasks, each of which must hold, and its order."""

    filters: Mapping[str, object]
    order: TaskOrder


async def tasks(
    tx: Transaction, actor: Actor, asked: TaskSelection, after: Position | None, limit: int
) -> list[TaskRow]:
    """The tasks of the organisation that the actor may see: of the team, and of the cases that they may read."""
    condition, parameters = await visible_cases(tx, actor, "task.read", column="t.case_id")
    at, row_id = after or (None, None)
    by, beyond, order = _ORDERS[asked.order]
    statement = text(
        f"select {_TASK_COLUMNS}, {by} as order_at from intake.tasks t"
        f" where t.organisation = :organisation and (t.case_id is null or {condition})"
        f"{''.join(' and ' + _TASK_FILTERS[name] for name in asked.filters)}"
        f" and (cast(:at as timestamptz) is null or ({by}, t.id) {beyond} (:at, cast(:after as uuid)))"
        f" order by {order} limit :limit"
    )
    more = {"organisation": actor.organisation, "at": at, "after": row_id, "limit": limit}
    needed = {"never": _NEVER} if asked.order is TaskOrder.DUE else {}
    if "overdue" in asked.filters:
        needed["now"] = tx.now
    return _TASKS.all(await tx.execute(statement, {**parameters, **asked.filters, **more, **needed}))


async def task(tx: Transaction, task_id: UUID) -> TaskRow | None:
    statement = text(f"select {_TASK_COLUMNS}, t.raised_at as order_at from intake.tasks t where t.id = :id")
    return _TASKS.first(await tx.execute(statement, {"id": task_id}))


async def task_contents(tx: Transaction, case_id: UUID) -> Contents:
    """Of the open tasks of a case that say something."""
    statement = text(
        f"select id, person_id, content from intake.tasks where case_id = :case and state = '{TaskState.OPEN}'"
        " and content is not null order by id"
    )
    rows = await tx.execute(statement, {"case": case_id})
    return [(row.id, row.person_id, row.content) for row in rows]


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """A leave as a list has it, with the cases that were left out for its cover, and those that are left out with them."""

    id: UUID
    worker: str
    cover: str
    starts_at: datetime
    ends_at: datetime
    state: LeaveState
    ended_at: datetime | None
    version: int
    left_out: tuple[UUID, ...]


_LEAVES = RowReader(LeaveRow)
_OUT = (
    "select x.case_id from intake.left_out x join intake.leaves o on o.id = x.leave_id"
    " where o.organisation = l.organisation and o.cover = l.cover"
)
_OUT_TOO = AROUND.format(cases=f"array({_OUT})")


async def leaves(
    tx: Transaction, actor: Actor, state: str | None, after: Position | None, limit: int, *, everybody: bool
) -> list[LeaveRow]:
    """Leaves, those that begin last first."""
    at, row_id = after or (None, None)
    which = "true" if state is None else "l.state = :state"
    statement = text(
        "select l.id, l.worker, l.cover, l.starts_at, l.ends_at, l.state, l.ended_at, l.version,"
        f" array({_OUT_TOO} order by 1) as left_out from intake.leaves l"
        f" where l.organisation = :organisation and {which} and (:everybody or :who in (l.worker, l.cover))"
        " and (cast(:at as timestamptz) is null or (l.starts_at, l.id) < (:at, cast(:after as uuid)))"
        " order by l.starts_at desc, l.id desc limit :limit"
    )
    named = {} if state is None else {"state": state}
    page = {"at": at, "after": row_id, "limit": limit}
    who = {"organisation": actor.organisation, "everybody": everybody, "who": actor.subject}
    return _LEAVES.all(await tx.execute(statement, {**who, **page, **named}))


class Load(BaseModel):
    """The load of one worker, or, without a worker, of what nobody has. Numbers alone: nothing of any case."""

    worker: str | None
    open_cases: int
    unopened_cases: int
    """Cases that were given to them and that nobody opened in the time of their urgency."""
    open_tasks: int
    overdue_tasks: int
    unanswered_referrals: int
    """Cases of theirs in which a referral was not answered in its time, and nobody else was asked since."""
    unanswered_recalls: int
    """Cases of theirs in which a recall was not answered in its time."""


_LOADS = text(
    f"""
    with people as (
        select worker from unnest(cast(:staff as text[])) as s(worker)
        union select unnest(workers) from intake.cases where organisation = :organisation and state = '{CaseState.OPEN}'
        union select null
    ), cases as (
        select w.worker, count(*) as open,
            count(*) filter (where exists (select from intake.attention a
                where a.case_id = c.id and a.alarmed_at is not null and a.opened_at is null)) as unopened,
            count(*) filter (where c.id in ({LATE_REFERRAL})) as referrals, count(*) filter (where c.id in ({LATE_RECALL})) as recalls
        from intake.cases c cross join lateral (
            select unnest(c.workers) as worker union all select null where c.workers = '{{}}') as w
        where c.organisation = :organisation and c.state = '{CaseState.OPEN}' group by w.worker
    ), tasks as (
        select worker, count(*) as open, count(*) filter (where due_at <= :now) as overdue
        from intake.tasks where organisation = :organisation and state = '{TaskState.OPEN}' group by worker
    )
    select p.worker, coalesce(c.open, 0) as open_cases, coalesce(c.unopened, 0) as unopened_cases,
        coalesce(t.open, 0) as open_tasks, coalesce(t.overdue, 0) as overdue_tasks,
        coalesce(c.referrals, 0) as unanswered_referrals, coalesce(c.recalls, 0) as unanswered_recalls
    from people p left join cases c on c.worker is not distinct from p.worker
        left join tasks t on t.worker is not distinct from p.worker
    order by p.worker nulls first
    """
)


async def loads(tx: Transaction, organisation: str, staff: Sequence[str]) -> list[Load]:
    """The staff, whoever else still has a case, and nobody, who comes first."""
    parameters = {"organisation": organisation, "staff": list(staff), "now": tx.now}
    return [Load.model_validate(row, from_attributes=True) for row in await tx.execute(_LOADS, parameters)]
