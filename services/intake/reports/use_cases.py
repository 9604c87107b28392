"""The use cases of calls: one function, one transaction. Words come sealed, before the transaction began."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import PreconditionFailed, WrongState, expect
from services.intake.casefile.domain.case import Case, CaseVerb
from services.intake.casefile.outgoing import tasks_due
from services.intake.casefile.store import cases
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.use_cases import NewCase, answered, open_case
from services.intake.casework.domain.tasks import URGENT_STEP, SealedWords, Task, TaskPlan
from services.intake.casework.sealing import task_record
from services.intake.casework.store import tasks
from services.intake.reports.domain.calls import Call, CallTimes, CallWords
from services.intake.reports.domain.facts import CallFact, RecordLeft
from services.intake.reports.store import calls


@dataclass(frozen=True, slots=True)
class CallStep:
    """A step that an urgent flag asks for, and that becomes a task of the team."""

    task_id: UUID
    within: timedelta
    words: SealedWords


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call whose key is made."""

    call: Call
    steps: tuple[CallStep, ...]


@dataclass(frozen=True, slots=True)
class SavedCall:
    """The whole call after a saving. `version` is the one that was looked at."""

    version: int
    words: CallWords
    urgency: str
    flagged: bool
    steps: tuple[CallStep, ...]


@dataclass(frozen=True, slots=True)
class MovedTask:
    """The words of a task about a call under another key. `version` is the one that was looked at."""

    version: int
    words: SealedWords | None


@dataclass(frozen=True, slots=True)
class MovedCall:
    """The words of a call, and of the tasks about it, under another key. `version` is the one that was looked at."""

    version: int
    words: CallWords
    tasks: Mapping[UUID, MovedTask]


@dataclass(frozen=True, slots=True)
class CallCase:
    """The case that a call becomes."""

    case: NewCase
    moved: MovedCall


Prepared = TypeVar("Prepared", SavedCall, MovedCall)


async def start_call(tx: Transaction, actor: Actor, new: NewCall, times: CallTimes) -> Call:
    require(actor, calls.WRITE, organisation=actor.organisation)
    call = new.call
    await calls.add(tx, call, [*call.start(tx.now, times), *await _raise(tx, call, new.steps)])
    return call


async def save_call(
    tx: Transaction, actor: Actor, call_id: UUID, seen: int | None, saved: SavedCall | None, times: CallTimes
) -> Call:
    """`saved` is None where the call was not open when it was looked at."""
    call, _ = await _held(tx, actor, call_id, seen)
    whole = _fresh(call, saved)
    with answered():
        facts = call.save(whole.words, whole.urgency, flagged=whole.flagged, now=tx.now, times=times)
    await calls.save(tx, call, [*facts, *await _raise(tx, call, whole.steps)])
    return call


async def _raise(tx: Transaction, call: Call, steps: tuple[CallStep, ...]) -> list[CallFact]:
    """Each step is a task of the team at once, and the supervisors are told of the first."""
    for step in steps:
        plan = TaskPlan(URGENT_STEP, None, tx.now + step.within)
        task, said = Task.raised(
            step.task_id,
            call.organisation,
            None,
            plan,
            by=tx.origin.actor,
            now=tx.now,
            words=step.words,
            call_id=call.id,
        )
        await tasks.add(tx, task, said)
    return call.raised(steps[0].task_id) if steps else []


async def close_call(
    tx: Transaction, actor: Actor, call_id: UUID, seen: int | None, reason: str, times: CallTimes
) -> Call:
    call, _ = await _held(tx, actor, call_id, seen)
    with answered():
        facts = call.close(reason, tx.now, times, steps=await tasks.states_of_steps(tx, call_id))
    await calls.save(tx, call, facts)
    return call


async def reopen_call(
    tx: Transaction, actor: Actor, call_id: UUID, seen: int | None, times: CallTimes
) -> Call:
    call, _ = await _held(tx, actor, call_id, seen)
    with answered():
        facts = call.reopen(tx.now, times)
    await calls.save(tx, call, facts)
    return call


async def attach_call(
    tx: Transaction,
    actor: Actor,
    call_id: UUID,
    seen: int | None,
    case_id: UUID,
    agreed: str,
    moved: MovedCall | None,
) -> Call:
    """The call is part of a case of the own organisation, as she consented. `moved` is None where it could not be attached
    when it was looked at.
    """
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.ATTACH_CALL], case_id, lock=True)
    call, _ = await _held(tx, actor, call_id, seen)
    await _attach(tx, call, case, agreed, _fresh(call, moved))
    return call


async def open_call_case(
    tx: Transaction,
    actor: Actor,
    call_id: UUID,
    seen: int | None,
    prepared: CallCase | None,
    agreed: str,
    today: date,
) -> Case:
    """Open a case with the call in it, and the tasks about it."""
    call, _ = await _held(tx, actor, call_id, seen)
    if prepared is None:
        raise WrongState
    moved = _fresh(call, prepared.moved)
    case = await open_case(tx, actor, prepared.case, today)
    await _attach(tx, call, case, agreed, moved)
    return case


async def _attach(tx: Transaction, call: Call, case: Case, agreed: str, moved: MovedCall) -> None:
    if case.person_id != moved.words.owner:
        raise PreconditionFailed
    with answered():
        facts = call.attach(case, agreed, moved.words, tx.now)
    await calls.save(tx, call, facts)
    await _follow(tx, call, moved)
    tx.say(tasks_due(case.id, f"call.{call.id}.{call.version}"))


async def _follow(tx: Transaction, call: Call, moved: MovedCall) -> None:
    """The tasks about the call are where the call is. Raises PreconditionFailed where one changed since it was looked at."""
    for task in await tasks.of_call(tx, call.id):
        sealed = moved.tasks.get(task.id)
        if sealed is None or sealed.version != task.version:
            raise PreconditionFailed
        said = task.follow_call(call.case_id, sealed.words, tx.now)
        await tasks.save_moved(tx, task, said)


async def detach_call(
    tx: Transaction, actor: Actor, call_id: UUID, seen: int | None, moved: MovedCall | None, times: CallTimes
) -> Call:
    """`moved` is None where the call was part of no case when it was looked at."""
    call, case = await _held(tx, actor, call_id, seen)
    fresh = _fresh(call, moved)
    if case is None:
        raise WrongState
    asked = await calls.is_erasure_requested(tx, case.id)
    with answered():
        facts = call.detach(case, fresh.words, tx.now, times, erasure_requested=asked)
    left = [RecordLeft(case.person_id, task_record(task_id), task_id) for task_id in fresh.tasks]
    await calls.save(tx, call, [*facts, *left])
    await _follow(tx, call, fresh)
    if await tasks.has_open_steps(tx, call_id):
        await _ask_again(tx, case, call)
    return call


async def _ask_again(tx: Transaction, case: Case, call: Call) -> None:
    """A step that was still to be done leaves with the call: the flags of the case ask for theirs again, done ones too."""
    await tasks.answer(tx, case.id, case.person_id, None)
    tx.say(tasks_due(case.id, f"call.{call.id}.{call.version}"))


async def _held(tx: Transaction, actor: Actor, call_id: UUID, seen: int | None) -> tuple[Call, Case | None]:
    """The call, locked, as the caller saw it, with its case."""
    call, case = await calls.get_locked(tx, actor, calls.WRITE, call_id)
    expect(call.version, seen)
    return call, case


def _fresh(call: Call, prepared: Prepared | None) -> Prepared:
    """The part that was prepared before the transaction, of the call as it still is. Raises WrongState, PreconditionFailed."""
    if prepared is None:
        raise WrongState
    if prepared.version != call.version:
        raise PreconditionFailed
    return prepared
