"""The use cases of casework: one function, one transaction. Words come sealed, before it began."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import present, refused, require_workers, roles_of
from chassis.identity.access import CELL, CaseRefused, require, require_case, rights_in, standing
from chassis.identity.auth import DEFAULT_PURPOSE, Actor
from chassis.identity.policies import Principal, Resource
from chassis.problems import Conflict, Forbidden, expect
from services.intake.casefile.domain.case import Case, CaseVerb, CommandRefused, passes
from services.intake.casefile.store import attention, cases
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.use_cases import answered
from services.intake.casework.domain.notes import Note
from services.intake.casework.domain.tasks import SealedWords, Task, TaskPlan
from services.intake.casework.outgoing import outgoing
from services.intake.casework.store import closings, notes, tasks
from services.intake.casework.store.notes import SealedNote

READ_TASK, WRITE_TASK = "task.read", "task.write"
ASSIGN_MANY = "team.assign"
MEND = "note.mend"
"""The right to correct and to strike the notes of others."""


async def write_note(tx: Transaction, actor: Actor, case_id: UUID, category: str, sealed: SealedNote) -> None:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.WRITE_NOTE], case_id, lock=True)
    with answered():
        note, facts = Note.write(case, sealed.note_id, category, actor.subject, tx.now)
    await notes.add(tx, actor, note, sealed)
    tx.say(*map(outgoing, facts))


async def correct_note(
    tx: Transaction, actor: Actor, case_id: UUID, sealed: SealedNote, seen: int | None
) -> Note:
    case, note = await note_to_mend(tx, actor, CaseVerb.CORRECT_NOTE, case_id, sealed.note_id)
    expect(note.revision, seen)
    with answered():
        facts = note.correct(case)
    await notes.save(tx, actor, note, sealed)
    tx.say(*map(outgoing, facts))
    return note


async def strike_note(tx: Transaction, actor: Actor, case_id: UUID, sealed: SealedNote) -> Note:
    case, note = await note_to_mend(tx, actor, CaseVerb.STRIKE_NOTE, case_id, sealed.note_id)
    with answered():
        facts = note.strike(case)
    await notes.save(tx, actor, note, sealed)
    tx.say(*map(outgoing, facts))
    return note


async def note_to_mend(
    tx: Transaction, actor: Actor, verb: CaseVerb, case_id: UUID, note_id: UUID
) -> tuple[Case, Note]:
    """A case with one note that this person wrote, or whose supervisor they are. Raises Forbidden for the note of a colleague."""
    case = await cases.get(tx, actor, ACTIONS[verb], case_id, lock=True)
    note = await notes.get(tx, case_id, note_id)
    if note.by != actor.subject and not (await rights_in(tx, actor, case_id))(MEND):
        raise Forbidden
    return case, note


async def raise_task(
    tx: Transaction,
    actor: Actor,
    task_id: UUID,
    case_id: UUID | None,
    plan: TaskPlan,
    words: SealedWords | None,
) -> Task:
    """A task of a case that the actor works on, or of their team. Its worker must be able to do it."""
    case = None
    if case_id is None:
        require(actor, WRITE_TASK, organisation=actor.organisation)
    else:
        case = await cases.get(tx, actor, ACTIONS[CaseVerb.RAISE_TASK], case_id, lock=True)
    await require_able(tx, actor, case_id, plan.worker)
    with answered():
        task, facts = Task.raised(
            task_id, actor.organisation, case, plan, by=actor.subject, now=tx.now, words=words
        )
    await tasks.add(tx, task, facts)
    return task


async def change_task(
    tx: Transaction,
    actor: Actor,
    task_id: UUID,
    seen: int | None,
    plan: TaskPlan,
    words: SealedWords | None,
) -> Task:
    task, case = await tasks.get(tx, actor, WRITE_TASK, task_id)
    expect(task.version, seen)
    await require_able(tx, actor, task.case_id, plan.worker)
    with answered():
        facts = task.change(case, plan, words, tx.now)
    await tasks.save(tx, task, facts)
    return task


async def end_task(
    tx: Transaction, actor: Actor, task_id: UUID, seen: int | None, reason: str | None
) -> Task:
    """Completed; with a reason, cancelled."""
    task, case = await tasks.get(tx, actor, WRITE_TASK, task_id)
    expect(task.version, seen)
    with answered():
        facts = task.complete(case, tx.now) if reason is None else task.cancel(case, reason, tx.now)
    await tasks.save(tx, task, facts, by=actor.subject)
    return task


async def reopen_task(tx: Transaction, actor: Actor, task_id: UUID, seen: int | None) -> Task:
    task, case = await tasks.get(tx, actor, WRITE_TASK, task_id)
    expect(task.version, seen)
    able = task.worker is None or await is_able(tx, actor, task.organisation, task.case_id, task.worker)
    with answered():
        facts = task.reopen(case, able=able)
    await tasks.save(tx, task, facts)
    return task


async def require_able(tx: Transaction, actor: Actor, case_id: UUID | None, worker: str | None) -> None:
    """Require that the worker is of the staff and sees the case. Raises Invalid: `not-listed`, `cannot-see-case`."""
    if worker is None:
        return
    await require_workers(tx, actor.organisation, [worker], "worker")
    if not await is_able(tx, actor, actor.organisation, case_id, worker):
        raise refused("worker", "whoever has a task must see its case", "cannot-see-case")


async def is_able(
    tx: Transaction, asking: Actor, organisation: str, case_id: UUID | None, worker: str
) -> bool:
    """True where this person may work on a task of the case, or of the team; the policies are asked about them."""
    roles = await roles_of(tx, organisation, worker)
    principal = Principal(worker, organisation, asking.cell, roles, DEFAULT_PURPOSE)
    if case_id is not None:
        return (await standing(tx, asking.policies, principal, WRITE_TASK, case_id)).allowed
    team = Resource(CELL, asking.cell, asking.cell, organisation)
    return asking.policies.permits(principal, WRITE_TASK, team)


async def give_back(tx: Transaction, task: Task, worker: str) -> None:
    """Whoever covered for this worker covers no longer: the task is the worker's again, or nobody's where they left."""
    here = worker in await present(tx, task.organisation)
    await tasks.save(tx, task, task.give_back(worker) if here else task.unassign())


class AssignmentResult(StrEnum):
    """The answer for one of many cases that were given to somebody."""

    ASSIGNED = "assigned"
    UNCHANGED = "unchanged"
    """The worker has it already."""
    NOT_THEIRS = "not-theirs"
    """The one whose place was to be taken has it not."""
    NOT_FOUND = "not-found"
    WRONG_STATE = "wrong-state"
    TOO_MANY = "too-many"
    """So many workers have the case that nobody is added."""


async def assign_cases(
    tx: Transaction, actor: Actor, wanted: Sequence[UUID], worker: str, instead_of: str | None
) -> tuple[dict[UUID, AssignmentResult], list[CaseRefused]]:
    """Give many cases to a worker, beside whoever has them or in the place of one. No case stands in another's way; those
    that are not there for the actor are the attempts to be noted.
    """
    require(actor, ASSIGN_MANY, organisation=actor.organisation)
    await require_workers(tx, actor.organisation, [worker], "worker")
    if instead_of is not None and not await cases.any_of(tx, wanted, actor.organisation, instead_of):
        await require_workers(
            tx, actor.organisation, [instead_of], "instead_of"
        )  # who left may have some still
    given, refused = dict.fromkeys(wanted, AssignmentResult.NOT_FOUND), list[CaseRefused]()
    for case_id in sorted(given):
        try:
            await require_case(tx, actor, ACTIONS[CaseVerb.ASSIGN], case_id)
        except CaseRefused as error:
            refused.append(error)
        else:
            given[case_id] = await _give(tx, case_id, worker, instead_of)
    return given, refused


async def _give(tx: Transaction, case_id: UUID, worker: str, instead_of: str | None) -> AssignmentResult:
    case = await cases.hold(tx, case_id)
    if case is None or not passes(case.state, CaseVerb.ASSIGN):
        return AssignmentResult.WRONG_STATE
    workers = case.workers_with(worker, instead_of)
    if workers == case.workers:
        return AssignmentResult.UNCHANGED if worker in workers else AssignmentResult.NOT_THEIRS
    try:
        facts = case.assign(case.organisation, workers)
    except CommandRefused:
        return AssignmentResult.TOO_MANY
    await cases.save(tx, case, facts)
    return AssignmentResult.ASSIGNED


class ClosingBlocked(Conflict):
    """Somebody still waits for something in this case. The codes are of the list `case_block`."""

    code, title = "closing-blocked", "Somebody still waits for something in this case"

    def __init__(self, blocks: Sequence[str]) -> None:
        super().__init__()
        self.blocks = list(blocks)

    def body(self) -> dict[str, Any]:
        return {**super().body(), "blocks": self.blocks}


async def close_case(
    tx: Transaction,
    actor: Actor,
    case_id: UUID,
    seen: int | None,
    closing_id: UUID,
    why: str,
    *,
    linked_stay: bool,
) -> Case:
    """`why` is sealed. Raises ClosingBlocked while somebody waits for something, and where somebody linked with this person
    would be left in an open case without a word.
    """
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.CLOSE], case_id, lock=True)
    expect(case.version, seen)
    with answered():
        facts = case.close()
    blocks = await closings.blocks(tx, case_id)
    if blocks := [block for block in blocks if not (linked_stay and block == closings.LINKED)]:
        raise ClosingBlocked(blocks)
    await closings.close(tx, actor, case_id, closing_id, why)
    await cases.save(tx, case, facts)
    return case


async def resume_case(tx: Transaction, actor: Actor, case_id: UUID, seen: int | None, why: str) -> Case:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.RESUME], case_id, lock=True)
    expect(case.version, seen)
    with answered():
        facts = case.resume()
    await closings.resume(tx, actor, case_id, why)
    await cases.save(tx, case, facts)
    await attention.opened(tx, actor, case_id)  # the worker who has it before them, where it is theirs
    return case
