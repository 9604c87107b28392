"""A case's row: read with the actor's right to it, saved with a version check and all its facts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.database import Transaction
from chassis.identity import closed
from chassis.identity.access import remember, remember_new, require_case, visible_cases
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.intake.casefile.domain.case import Case, CaseState, CaseVerb
from services.intake.casefile.domain.dependant import DependantChange
from services.intake.casefile.domain.facts import CaseAssigned, CaseClosed, CaseFact, CaseOpened, CaseResumed
from services.intake.casefile.outgoing import outgoing
from services.intake.casefile.store import attention, dependants, references
from services.intake.casefile.store.mapping import AGES, age_row
from services.intake.casefile.store.tables import CASES

_CASES = RowReader(Case, CASES)
_READ = f"select {_CASES.columns()}, {AGES.columns()} from intake.cases where id = :id"
_GET = text(_READ)
_LOCK = text(_READ + " for update")
_UNTOLD = text(
    f"select id from intake.cases where state = '{CaseState.CLOSED}' and id not in {closed.TOLD_CLOSED}"
    " order by id limit :limit for update"
)
_ANY_OF = text(
    "select exists (select from intake.cases where id = any(:ids) and organisation = :organisation and :worker = any(workers))"
)
_OPEN = insert_missing(
    CASES,
    "id",
    "person_id",
    "organisation",
    "workers",
    "channel",
    "urgency",
    "opened_at",
    "opened_by",
    "flags",
    "flagged",
    "age_group",
    "age_basis",
    "age_doubted",
    "status_revision",
    "fields_revision",
    key=["id"],
)
_UPDATE = update_set(
    CASES,
    "organisation",
    "workers",
    "urgency",
    "state",
    "status_revision",
    "fields_revision",
    "age_revision",
    also={"version": "t.version + 1", "updated_at": "now()"},
    stored="version",
)
# An assignment names the workers alone, in every service: whoever covers is found and said anew.
_UNCOVERED = text("update intake.cases set covers = '{}' where id = :id and covers <> '{}'")
_FLAGS = update_set(CASES, "flags", "flagged")
_CAME_FLAGS = update_set(CASES, "came_flags", "flagged")


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A new case and the facts of its opening. Its row is made of the same fact as its event, so that they cannot
    differ.
    """

    case: Case
    facts: Sequence[CaseFact]
    flags: str | None = None

    def row(self) -> dict[str, object]:
        opened = next(fact for fact in self.facts if isinstance(fact, CaseOpened))
        return {
            "id": opened.case_id,
            "person_id": opened.person_id,
            "organisation": opened.organisation,
            "workers": self.case.workers,
            "channel": opened.channel,
            "urgency": opened.urgency,
            "opened_at": opened.opened_at,
            "flags": self.flags,
            "flagged": self.flags is not None,
            **age_row(self.case.age),
            "status_revision": self.case.status_revision,
            "fields_revision": self.case.fields_revision,
        }


ACTIONS: Mapping[CaseVerb, str] = {
    CaseVerb.ASSIGN: "case.assign",
    CaseVerb.RECORD: "case.write",
    CaseVerb.SCREEN: "case.screen",
    CaseVerb.IDENTIFY: "case.identify",
    CaseVerb.ASSESS_NEEDS: "case.assess",
    CaseVerb.ASSESS_AGE: "case.assess-age",
    CaseVerb.PLACE_HOLD: "hold.place",
    CaseVerb.LIFT_HOLD: "hold.lift",
    CaseVerb.WRITE_NOTE: "note.write",
    CaseVerb.CORRECT_NOTE: "note.write",
    CaseVerb.STRIKE_NOTE: "note.write",
    CaseVerb.RAISE_TASK: "task.write",
    CaseVerb.CHANGE_TASK: "task.write",
    CaseVerb.END_TASK: "task.write",
    CaseVerb.LINK_DEPENDANT: "case.write",
    CaseVerb.UNLINK_DEPENDANT: "case.write",
    CaseVerb.ATTACH_CALL: "call.write",
    CaseVerb.DETACH_CALL: "call.write",
    CaseVerb.CLOSE: "case.close",
    CaseVerb.RESUME: "case.close",
}
"""The right that each verb asks for."""


async def person_of(tx: Transaction, actor: Actor, action: str, case_id: UUID) -> UUID:
    """The person whose key the case's data is under. NotFound where the actor may not do this with the case."""
    return (await get(tx, actor, action, case_id)).person_id


async def get(tx: Transaction, actor: Actor, action: str, case_id: UUID, *, lock: bool = False) -> Case:
    """The case for this actor and action; NotFound otherwise. `lock` when a verb follows."""
    await require_case(tx, actor, action, case_id)
    case = await _read(tx, _LOCK if lock else _GET, case_id)
    if case is None:
        raise NotFound
    await attention.opened(tx, actor, case_id)
    return case


async def readable(tx: Transaction, actor: Actor, case_ids: Collection[UUID]) -> set[UUID]:
    """The ones among these cases that the actor may read, to name them and nothing else."""
    condition, values = await visible_cases(tx, actor, "case.read", column="c.id")
    statement = text(f"select c.id from intake.cases c where c.id = any(:ids) and {condition}")
    return set((await tx.execute(statement, {**values, "ids": list(case_ids)})).scalars())


async def any_of(tx: Transaction, case_ids: Sequence[UUID], organisation: str, worker: str) -> bool:
    """True where the worker has one of these cases of the organisation."""
    found = await tx.execute(_ANY_OF, {"ids": list(case_ids), "organisation": organisation, "worker": worker})
    return bool(found.scalar_one())


async def read(tx: Transaction, case_id: UUID) -> Case | None:
    """A case that the service itself looks at."""
    return await _read(tx, _GET, case_id)


async def untold_closings(tx: Transaction, limit: int) -> list[UUID]:
    """Closed cases of which it was not told since the others keep it, each locked: whoever resumes one waits, and is told of after it."""
    return [row.id for row in await tx.execute(_UNTOLD, {"limit": limit})]


async def hold(tx: Transaction, case_id: UUID) -> Case | None:
    """Lock a case that the service itself moves."""
    return await _read(tx, _LOCK, case_id)


async def _read(tx: Transaction, statement: TextClause, case_id: UUID) -> Case | None:
    rows = (await tx.execute(statement, {"id": case_id})).all()
    for case, age in zip(_CASES.of(rows), AGES.of(rows), strict=True):
        case.age = age
        return case
    return None


async def write_opened(tx: Transaction, opened: Sequence[OpenedCase], *, by: str) -> None:
    """The one place that writes a new case. Raises AlreadyThere where an identifier is taken."""
    if await _OPEN.write(tx, [one.row() for one in opened], opened_by=by) != len(opened):
        raise AlreadyThere


async def insert(tx: Transaction, actor: Actor, opened: OpenedCase) -> None:
    """A new case with its first assignment. Raises AlreadyThere where its identifier is taken."""
    case = opened.case
    await write_opened(tx, [opened], by=actor.subject)
    case.version = 1
    await remember(tx, case.id, case.organisation, case.workers)
    await attention.wait(tx, [case.id])
    if actor.subject in case.workers:
        await attention.opened(tx, actor, case.id)
    tx.say(*map(outgoing, opened.facts))
    await references.give(tx, [case.id])


async def save(tx: Transaction, case: Case, facts: Sequence[CaseFact]) -> None:
    """Write the case if it is still as it was read, and say the facts. Raises PreconditionFailed."""
    if await _UPDATE.write(tx, [case]) != 1:
        raise PreconditionFailed
    case.version += 1
    if any(isinstance(fact, CaseAssigned) for fact in facts):
        await tx.execute(_UNCOVERED, {"id": case.id})
        await remember(
            tx, case.id, case.organisation, case.workers, closed=await closed.is_closed(tx, case.id)
        )
        await attention.wait(tx, [case.id])
    if any(isinstance(fact, CaseResumed) for fact in facts):
        await closed.mark_closed(tx, [case.id], closed=False)
        await attention.wait_again(tx, {case.id: case.organisation})
        await dependants.moved(tx, [case.id], DependantChange.BACK)
    if any(isinstance(fact, CaseClosed) for fact in facts):
        await closed.mark_closed(tx, [case.id])
        await dependants.moved(tx, [case.id], DependantChange.LEFT)
    tx.say(*map(outgoing, facts))


async def remember_all(
    tx: Transaction, organisations: Mapping[UUID, str], import_id: UUID | None = None
) -> None:
    """Remember the organisations of many new cases, in which nobody is named for them yet."""
    await remember_new(tx, organisations)
    await attention.wait(tx, list(organisations), import_id)


async def set_flags(tx: Transaction, case_id: UUID, flags: str, *, raised: bool) -> None:
    await _FLAGS.write(tx, [{"id": case_id, "flags": flags, "flagged": raised}])


async def keep_came_flags(tx: Transaction, case_id: UUID, flags: str, *, raised: bool) -> None:
    await _CAME_FLAGS.write(tx, [{"id": case_id, "came_flags": flags, "flagged": raised}])
