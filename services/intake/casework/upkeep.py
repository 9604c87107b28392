"""Work: tasks follow the urgent flags, the workers and the end of their case, the staff of their organisation, and their clocks."""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

from chassis.database import Transaction
from chassis.directory import present
from chassis.identity.auth import Actor
from chassis.outbox import DueWork
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import NOTHING_FOLLOWS, NothingFollows, WorkItem, WorkKind, WorkPostponed, no_act
from services.intake.casefile.domain.case import GONE, Case, CaseState
from services.intake.casefile.outgoing import TASKS
from services.intake.casefile.received_flags import came_with, standing_flags
from services.intake.casefile.sealing import open_json
from services.intake.casefile.store import cases
from services.intake.casework import queries
from services.intake.casework.domain.field_classes import ANSWERED_FLAGS, TASK_CONTENT
from services.intake.casework.domain.flag_tasks import Step, steps_of
from services.intake.casework.domain.tasks import URGENT_STEP, SealedWords, Task, TaskPlan
from services.intake.casework.leave_use_cases import end_of_those_gone
from services.intake.casework.outgoing import TASK_CLOCK, TASKS_OF_STAFF
from services.intake.casework.sealing import flags_record, task_record
from services.intake.casework.store import leaves, tasks
from services.intake.casework.use_cases import give_back, is_able

ATTEMPTS = 1_000
SOON = 0.5
AT_ONCE = 200
CASE_GONE = "case-gone"
"""The code of `task_cancellation` where nobody here works on the case any more."""


@dataclass(frozen=True, slots=True)
class _NewStep:
    """A step that is to become a task, with its words sealed."""

    task_id: UUID
    step: Step
    words: SealedWords


@dataclass(frozen=True, slots=True)
class _FlagAnswer:
    """The tasks that follow from the flags as they stood at `version` of the case, where these were `before` answered."""

    version: int
    person_id: UUID
    before: tuple[UUID, str] | None
    answered: str | None
    new: tuple[_NewStep, ...]
    needed: frozenset[UUID]
    """Open tasks that flags raised, and whose step some flag asks for still."""
    unneeded: frozenset[UUID]


def upkeep_work(service: Service) -> list[WorkKind]:
    return [_of_case(service), _of_staff(), _clock()]


def _of_case(service: Service) -> WorkKind:
    async def act(item: WorkItem) -> _FlagAnswer | NothingFollows | None:
        case_id, origin = UUID(item.payload["case_id"]), service.database.system()
        async with service.database.transaction(origin) as tx:
            quiet = await tasks.nothing_follows(tx, case_id)
        return NOTHING_FOLLOWS if quiet else await _look(service, case_id)

    async def finish(tx: Transaction, item: WorkItem, found: _FlagAnswer | None) -> None:
        case = await cases.hold(tx, UUID(item.payload["case_id"]))
        if case is None:
            return
        if case.state in GONE:
            await leaves.follow_case(tx, case.id)
            await _let_go(tx, case)
            return
        if found is not None:
            if not await _still(tx, case, found):
                raise WorkPostponed(SOON)
            await _answer(tx, case, found)
        await leaves.follow_case(tx, case.id)
        asking = Actor.system(service.name, service.settings.cell, service.policies)
        await _unassign(tx, asking, case.id)

    return WorkKind(TASKS, act, finish, max_attempts=ATTEMPTS)


async def _look(service: Service, case_id: UUID) -> _FlagAnswer | None:
    """The tasks that the flags of an open case ask for, compared with those that there are."""
    origin = service.database.system()
    async with service.database.transaction(origin) as tx:
        case = await cases.read(tx, case_id)
        answered = await tasks.answered_flags(tx, case_id)
        contents = await queries.task_contents(tx, case_id)
    if case is None or case.state is not CaseState.OPEN:
        return None
    flags = await standing_flags(service, origin, case_id, case.person_id)
    before = await _answered_flags(service, case, answered)
    steps, known = steps_of(flags), steps_of(before)
    by_step = await _steps(service, contents)
    added = [step for code, step in steps.items() if code not in known and code not in by_step.values()]
    kept_with = None if not flags else await came_with(service, origin, case_id)
    return _FlagAnswer(
        case.version,
        case.person_id,
        answered,
        await _sealed_flags(service, case, flags, kept_with),
        tuple([await _new_step(service, case, step, kept_with) for step in added]),
        frozenset(task_id for task_id, code in by_step.items() if code in steps),
        frozenset(task_id for task_id, code in by_step.items() if code not in steps),
    )


async def _answered_flags(service: Service, case: Case, answered: tuple[UUID, str] | None) -> list[str]:
    """Flags of a person who was erased are answered for nobody."""
    if answered is None or answered[0] != case.person_id:
        return []
    place = Sealing(case.person_id, ANSWERED_FLAGS, flags_record(case.id), answered[1])
    (flags,) = await open_json(service.vault, [place])
    return flags or []


async def _steps(service: Service, contents: queries.Contents) -> dict[UUID, str]:
    """Task → its step, of the open tasks that flags raised."""
    places = [Sealing(owner, TASK_CONTENT, task_record(task_id), words) for task_id, owner, words in contents]
    opened = await open_json(service.vault, places)
    return {
        task_id: words["step"]
        for (task_id, _, _), words in zip(contents, opened, strict=True)
        if words is not None and words["step"] is not None
    }


async def _sealed_flags(
    service: Service, case: Case, flags: frozenset[str], kept_with: UUID | None
) -> str | None:
    if not flags:
        return None
    text = json.dumps(sorted(flags))
    place = Sealing(case.person_id, ANSWERED_FLAGS, flags_record(case.id), text)
    (sealed,) = await service.vault.seal_many([place], kept_with=kept_with)
    return sealed


async def _new_step(service: Service, case: Case, step: Step, kept_with: UUID | None) -> _NewStep:
    """A task for a flag that came with a disclosure is no reason to keep her key once that is taken back."""
    task_id = uuid4()
    content = json.dumps({"text": None, "step": step.code})
    place = Sealing(case.person_id, TASK_CONTENT, task_record(task_id), content)
    (sealed,) = await service.vault.seal_many([place], kept_with=kept_with)
    return _NewStep(task_id, step, SealedWords(case.person_id, sealed))


async def _still(tx: Transaction, case: Case, found: _FlagAnswer) -> bool:
    """True where the case is as it was looked at, and nothing else has answered its flags since."""
    same = (case.version, case.person_id) == (found.version, found.person_id)
    return same and await tasks.answered_flags(tx, case.id) == found.before


async def _answer(tx: Transaction, case: Case, found: _FlagAnswer) -> None:
    """Raise a task for each step; offer to cancel those that no flag asks for any more, and never cancel one. What a call to
    the hotline asked for, no flag of the case takes back.
    """
    for new in found.new:
        plan = TaskPlan(URGENT_STEP, None, tx.now + new.step.within)
        task, facts = Task.raised(
            new.task_id, case.organisation, case, plan, by=tx.origin.actor, now=tx.now, words=new.words
        )
        await tasks.add(tx, task, facts)
    for task in await tasks.of_case(tx, case.id):
        offered = task.cancel_offered
        if task.id in found.needed | found.unneeded and task.call_id is None:
            task.cancel_offered = task.id in found.unneeded
        if offered != task.cancel_offered:
            await tasks.save(tx, task, [])
    await tasks.answer(tx, case.id, case.person_id, found.answered)


async def _let_go(tx: Transaction, case: Case) -> None:
    for task in await tasks.of_case(tx, case.id):
        await tasks.save(tx, task, task.let_go(CASE_GONE), by=tx.origin.actor)
    await tasks.forget_words(tx, case.id)


async def _unassign(tx: Transaction, asking: Actor, case_id: UUID) -> None:
    """A task whose worker cannot see its case any more is nobody's, and a supervisor is told; or that of the worker for whom
    they covered.
    """
    for task in await tasks.of_case(tx, case_id):
        if task.worker is None or await is_able(tx, asking, task.organisation, case_id, task.worker):
            continue
        away = await leaves.covered_for(tx, case_id, task.worker, task.raised_at)
        if away is None:
            await tasks.save(tx, task, task.unassign())
        else:
            await give_back(tx, task, away)


def _of_staff() -> WorkKind:
    async def finish(tx: Transaction, item: WorkItem, _: None) -> None:
        organisation = item.payload["organisation"]
        await end_of_those_gone(tx, organisation)
        here = sorted(await present(tx, organisation))
        gone = await tasks.of_those_gone(tx, organisation, here, AT_ONCE)
        for task in gone:
            await tasks.save(tx, task, task.unassign())
        if len(gone) == AT_ONCE:
            tx.say(DueWork(TASKS_OF_STAFF, f"{item.key}+", item.payload))

    return WorkKind(TASKS_OF_STAFF, no_act, finish, max_attempts=ATTEMPTS)


def _clock() -> WorkKind:
    async def finish(tx: Transaction, item: WorkItem, _: None) -> None:
        task = await tasks.hold(tx, UUID(item.payload["task_id"]))
        if task is not None and (said := task.strike_clock(tx.now)):
            await tasks.save(tx, task, said)

    return WorkKind(TASK_CLOCK, no_act, finish, max_attempts=ATTEMPTS)
