"""Routes: tasks, of a case or of the team."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from chassis.clock import day_of, next_day
from chassis.identity.access import Rights, require, rights_in, rights_of
from chassis.identity.auth import Actor
from chassis.problems import Invalid, NotFound
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import Done, IfMatch, Listing, Page, Seen, Tx, Who, cursor, done, etag
from chassis.web.moves import MoveView, Offer
from chassis.web.named import require_named
from chassis.web.positions import position
from contracts.casefile.reference import ShownReference
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import Code, GivenInstant, KnownCode, Pseudonym
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import Case, CaseVerb, passes
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.received_flags import came_with
from services.intake.casefile.sealing import open_json
from services.intake.casefile.store import cases
from services.intake.casework import queries, use_cases
from services.intake.casework.domain.field_classes import TASK_CONTENT
from services.intake.casework.domain.tasks import (
    ASKS_OF_CASE,
    MOVES,
    URGENT_STEP,
    SealedWords,
    Task,
    TaskPlan,
    TaskState,
    TaskVerb,
)
from services.intake.casework.queries import TaskOrder, TaskSelection
from services.intake.casework.sealed_rows import TaskRow
from services.intake.casework.sealing import task_record, team_key
from services.intake.casework.store import leaves, tasks
from services.intake.casework.use_cases import READ_TASK, WRITE_TASK

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
TASK = "/{task_id}"
MOMENT = timedelta(microseconds=1)
"""The end of a day is the beginning of the next: a task that is due by it is due on the day before."""


def _never_by_hand(kind: str) -> str:
    if kind == URGENT_STEP:
        raise ValueError("this kind is given by urgent flags alone")
    return kind


class PlanForm(Form):
    """`due_on` is a day of the place, to its end; `due_at` an instant; neither: whenever it can be done."""

    worker: Pseudonym | None = None
    due_at: GivenInstant | None = None
    due_on: Annotated[date | None, Field(description="a day of the place: due by its end")] = None
    remind_at: GivenInstant | None = None
    text: Annotated[
        Paragraph | None,
        Field(description="sealed. A task without a case is about no person: name nobody in it"),
    ] = None

    def plan(self, kind: str, service: Service) -> TaskPlan:
        if self.due_at is not None and self.due_on is not None:
            loc = ["body", "due_on"]
            raise Invalid(errors=[{"loc": loc, "msg": "either an instant or a day", "code": "one-of-two"}])
        due_at = self.due_at if self.due_on is None else end_of(self.due_on, service)
        return TaskPlan(kind, self.worker, due_at, self.remind_at)


def end_of(day: date, service: Service, member: str = "due_on") -> datetime:
    """The instant at which this day is over at the place."""
    zone = service.settings.zone
    try:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        return next_day(noon, zone)
    except (OverflowError, ValueError):
        loc = ["body", member]
        raise Invalid(errors=[{"loc": loc, "msg": "beyond the calendar", "code": "too-far"}]) from None


class TaskForm(PlanForm):
    """Something to be done on a case, or, without one, by the team."""

    case_id: UUID | None = None
    kind: Annotated[str, KnownCode("task_kind"), AfterValidator(_never_by_hand)]


class TaskChangeForm(PlanForm):
    """The whole task as it shall be; it replaces what stands. Only the text stays where nothing is said of it, because
    lists have none; null removes it. A task that a flag raised keeps its kind and its step.
    """

    kind: Annotated[str, KnownCode("task_kind")]


class TaskCancellationForm(Form):
    reason: Annotated[str, KnownCode("task_cancellation")]


@dataclass(frozen=True, slots=True)
class _NewTask:
    id: UUID
    case_id: UUID | None
    plan: TaskPlan
    words: SealedWords | None


async def _raise(body: TaskForm, request: Request, actor: Who, service: Running) -> _NewTask:
    """The words sealed under the key of the case's person, or of the task itself, which is made for them."""
    plan = body.plan(body.kind, service)
    case = None
    if body.case_id is None:
        require(actor, WRITE_TASK, organisation=actor.organisation)
    else:
        case = await case_to_write(service, actor, CaseVerb.RAISE_TASK, body.case_id)
    key = request.headers.get("idempotency-key")
    task_id = await service.own_key.identifier("task", actor.issuer, actor.subject, key)
    owner = team_key(task_id, 0) if case is None else case.person_id
    if case is None and body.text is not None:
        await service.vault.create(owner)
    return _NewTask(task_id, body.case_id, plan, await _sealed(service, owner, task_id, body.text, None))


async def _sealed(
    service: Service,
    owner: UUID,
    task_id: UUID,
    text: str | None,
    step: str | None,
    kept_with: UUID | None = None,
) -> SealedWords | None:
    if text is None and step is None:
        return None
    content = json.dumps({"text": text, "step": step}, ensure_ascii=False)
    (sealed,) = await service.vault.seal_many([_place(task_id, owner, content)], kept_with=kept_with)
    return SealedWords(owner, sealed)


@dataclass(frozen=True, slots=True)
class _ChangedTask:
    version: int
    plan: TaskPlan
    words: SealedWords | None


async def _change(task_id: UUID, body: TaskChangeForm, actor: Who, service: Running) -> _ChangedTask:
    plan = body.plan(body.kind, service)
    async with service.database.transaction(actor.origin()) as tx:
        task, case = await tasks.get(tx, actor, WRITE_TASK, task_id)
    spoken = "text" in body.model_fields_set
    words = await _changed_words(service, actor, task, case, body.text) if spoken else task.words()
    return _ChangedTask(task.version, plan, words)


async def _changed_words(
    service: Service, actor: Actor, task: Task, case: Case | None, text: str | None
) -> SealedWords | None:
    """The text is another, or none; the step of a flag stays. Alone, it is kept no longer than what the flag came with."""
    owner = task.person_id or (team_key(task.id, task.version) if case is None else case.person_id)
    step = await _step(service, task, owner)
    if case is None and task.content is None and text is not None:
        await service.vault.create(owner)
    kept_with = None
    if case is not None and text is None and step is not None:
        kept_with = await came_with(service, actor.origin(), case.id)
    return await _sealed(service, owner, task.id, text, step, kept_with)


async def _step(service: Service, task: Task, owner: UUID) -> str | None:
    if task.content is None:
        return None
    (words,) = await open_json(service.vault, [_place(task.id, owner, task.content)])
    return None if words is None else words["step"]


def _place(task_id: UUID, owner: UUID, content: str) -> Sealing:
    return Sealing(owner, TASK_CONTENT, task_record(task_id), content)


@router.post("", status_code=201, summary="Raise a task on a case, or of the team")
async def raise_task(
    actor: Who, new: Annotated[_NewTask, Depends(_raise)], tx: Tx, response: Response
) -> Done:
    task = await use_cases.raise_task(tx, actor, new.id, new.case_id, new.plan, new.words)
    return done(tx, response, task.id, task.version, status=201, location=f"/v1/tasks/{task.id}")


@router.put(TASK, summary="Change a task: its worker, its time, its text")
async def change_task(
    task_id: UUID,
    actor: Who,
    seen: Seen,
    prepared: Annotated[_ChangedTask, Depends(_change)],
    tx: Tx,
    response: Response,
) -> Done:
    before = prepared.version if seen is None else seen
    task = await use_cases.change_task(tx, actor, task_id, before, prepared.plan, prepared.words)
    return done(tx, response, task_id, task.version)


@router.post(TASK + "/complete", summary="Say that a task is done")
async def complete_task(task_id: UUID, actor: Who, tx: Tx, seen: IfMatch, response: Response) -> Done:
    task = await use_cases.end_task(tx, actor, task_id, seen, None)
    return done(tx, response, task_id, task.version)


@router.post(TASK + "/cancel", summary="Cancel a task, with the reason")
async def cancel_task(
    task_id: UUID, body: TaskCancellationForm, actor: Who, tx: Tx, seen: IfMatch, response: Response
) -> Done:
    task = await use_cases.end_task(tx, actor, task_id, seen, body.reason)
    return done(tx, response, task_id, task.version)


@router.post(TASK + "/reopen", summary="Open a task again that was ended too early")
async def reopen_task(task_id: UUID, actor: Who, tx: Tx, seen: IfMatch, response: Response) -> Done:
    task = await use_cases.reopen_task(tx, actor, task_id, seen)
    return done(tx, response, task_id, task.version)


class TaskView(BaseModel):
    """`due_on` is the day of the place on which it is due. `worker` null: nobody has it yet. `call_id`: the call to the
    hotline that it is about.

    `cancel_offered`: the urgent flag that raised it was cleared, and a person says whether it is still needed.
    `step` is what a flag asks for; it and `text` are null in a list over several cases.
    """

    id: UUID
    case_id: UUID | None
    case_reference: ShownReference
    call_id: UUID | None
    kind: Annotated[str, Code("task_kind")]
    state: Annotated[str, Code("task_state")]
    worker: str | None
    due_at: datetime | None
    due_on: date | None
    overdue: bool
    remind_at: datetime | None
    cancel_offered: bool
    raised_at: datetime
    raised_by: str
    ended_at: datetime | None
    ended_by: str | None
    step: Annotated[str, Code("task_step")] | None
    text: str | None
    version: int
    moves: list[MoveView] = []


@dataclass(frozen=True, slots=True)
class TaskFilters:
    """The filters of a list of tasks; each that is given must hold."""

    state: Annotated[
        Annotated[str, KnownCode("task_state")] | None,
        Query(description="only these; open ones where nothing is said"),
    ] = None
    mine: Annotated[bool | None, Query(description="only yours, and those of whoever you cover for")] = None
    worker: Annotated[Pseudonym | None, Query(description="only those of this worker")] = None
    unassigned: Annotated[
        bool | None, Query(description="only those that nobody has yet, or that somebody has")
    ] = None
    team: Annotated[bool | None, Query(description="only those of the team without a case, or with one")] = (
        None
    )
    due_before: Annotated[GivenInstant | None, Query(description="only those due before this instant")] = None
    overdue: Annotated[bool | None, Query(description="only those whose time is over, or the others")] = None
    cancel_offered: Annotated[
        bool | None, Query(description="only those whose urgent flag was cleared, or the others")
    ] = None
    case_id: Annotated[UUID | None, Query(description="only those of this case, with what they say")] = None
    call_id: Annotated[UUID | None, Query(description="only those of this call to the hotline")] = None
    kind: Annotated[Annotated[str, KnownCode("task_kind")] | None, Query(description="only these")] = None

    def asked(self, mine: Sequence[str]) -> dict[str, object]:
        plain = {
            name: value
            for name in self.__slots__
            if name != "mine" and (value := getattr(self, name)) is not None
        }
        return {"state": TaskState.OPEN, **plain, **({"mine": list(mine)} if self.mine else {})}


@router.get("", summary="Tasks of your cases and your team, what is due first on top")
async def list_tasks(
    actor: Who,
    service: Running,
    page: Page,
    filters: Annotated[TaskFilters, Depends()],
    response: Response,
    sort: Annotated[
        TaskOrder, Query(description="by when they are due, or the newest first")
    ] = TaskOrder.DUE,
) -> Listing[TaskView]:
    require(actor, READ_TASK, organisation=actor.organisation)
    case: Case | None = None
    rights = rights_of(actor)
    async with service.database.transaction(actor.origin()) as tx:
        if filters.case_id is not None:
            case = await cases.get(tx, actor, READ_TASK, filters.case_id)
            rights = await rights_in(tx, actor, case.id)
            tx.say(record_read(case.id, "task"))
        mine = [actor.subject, *await leaves.covered_by(tx, actor.organisation, actor.subject)]
        asked = TaskSelection(filters.asked(mine), sort)
        rows = await queries.tasks(tx, actor, asked, position(page.after), page.limit)
        await require_named(tx, actor, READ_TASK, asked.filters, rows, page)
        if filters.call_id is not None and not rows:
            await tasks.require_call(tx, actor, READ_TASK, filters.call_id)
        now = tx.now
    words = await _opened(service, rows) if case is not None else {}
    gate = case is None or passes(case.state, CaseVerb.RAISE_TASK)
    response.headers["Cache-Control"] = "no-store"
    return Listing(
        items=[_view(row, words, now, service) for row in rows],
        next=cursor(rows[-1].order_at, rows[-1].id) if len(rows) == page.limit else None,
        moves=service.commands.open([Offer("raise_task", WRITE_TASK, gate)], rights),
    )


@router.get(TASK, summary="A task with what it says; the reading of a case's task is logged")
async def get_task(task_id: UUID, actor: Who, service: Running, response: Response) -> TaskView:
    async with service.database.transaction(actor.origin()) as tx:
        case_id = await tasks.case_of(tx, actor, READ_TASK, task_id)
        row = await queries.task(tx, task_id)
        if row is None or row.case_id != case_id:  # the call that it is of has become a case's meanwhile
            raise NotFound
        case = None if case_id is None else await cases.get(tx, actor, READ_TASK, case_id)
        rights = rights_of(actor) if case is None else await rights_in(tx, actor, case.id)
        now = tx.now
        if case is not None:
            tx.say(record_read(case.id, "task", task_id))
    view = _view(row, await _opened(service, [row]), now, service)
    view.moves = _moves(row, case, rights, service)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(row.version)
    return view


def _moves(row: TaskRow, case: Case | None, rights: Rights, service: Service) -> list[MoveView]:
    offers = [
        Offer(
            f"{verb}_task",
            WRITE_TASK,
            verb in MOVES[row.state] and (case is None or passes(case.state, ASKS_OF_CASE[verb])),
        )
        for verb in TaskVerb
    ]
    return service.commands.open(offers, rights, task_id=row.id)


async def _opened(service: Service, rows: list[TaskRow]) -> dict[UUID, dict[str, str | None]]:
    """Task → its words, of those that say something which the key still opens."""
    saying = [
        (row.id, row.person_id, row.content)
        for row in rows
        if row.content is not None and row.person_id is not None
    ]
    opened = await open_json(
        service.vault, [_place(task_id, owner, content) for task_id, owner, content in saying]
    )
    return {
        task_id: words for (task_id, _, _), words in zip(saying, opened, strict=True) if words is not None
    }


def _view(
    row: TaskRow, words: dict[UUID, dict[str, str | None]], now: datetime, service: Service
) -> TaskView:
    said = words.get(row.id, {})
    zone = service.settings.zone
    due_at = None if row.due_at is None else row.due_at.astimezone(zone)
    shown = {name: getattr(row, name) for name in TaskRow.__slots__ if name in TaskView.model_fields}
    shown["due_at"] = due_at
    shown["remind_at"] = None if row.remind_at is None else row.remind_at.astimezone(zone)
    return TaskView(
        **shown,
        due_on=None if row.due_at is None else day_of(row.due_at - MOMENT, zone),
        overdue=row.state is TaskState.OPEN and row.due_at is not None and row.due_at <= now,
        step=said.get("step"),
        text=said.get("text"),
    )
