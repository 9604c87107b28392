"""A case's row: read with the actor's right to it, saved with a version check and everything that it says."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import remember, require_case
from chassis.identity.auth import Actor
from chassis.problems import Conflict, NotFound, PreconditionFailed
from services.intake.domain.case import Case, Hold, State, Verb
from services.intake.domain.facts import CaseAssigned, Fact
from services.intake.outgoing import outgoing
from services.intake.store import attention
from services.intake.store.mapping import age_of

_READ = (
    "select id, person_id, organisation, workers, urgency, state, status_revision, fields_revision, version,"
    " age_group, age_basis, age_doubted, age_revision from intake.cases where id = :id"
)
_GET = text(_READ)
_LOCK = text(_READ + " for update")
_HOLDS = text("select id, until, lifted_at from intake.holds where case_id = :id")
_INSERT = text(
    """
    insert into intake.cases (id, person_id, organisation, workers, channel, urgency, opened_at, opened_by, flags,
                              fields_revision)
    values (:id, :person_id, :organisation, :workers, :channel, :urgency, :now, :by, :flags, :fields_revision) on conflict (id) do nothing
    """
)
_UPDATE = text(
    """
    update intake.cases set organisation = :organisation, workers = :workers, urgency = :urgency,
        status_revision = :status_revision, fields_revision = :fields_revision, age_revision = :age_revision,
        version = version + 1, updated_at = now()
    where id = :id and version = :version
    """
)
_ACCESS = text(
    """
    insert into chassis.case_access (case_id, organisation)
    select * from unnest(cast(:ids as uuid[]), cast(:organisations as text[])) on conflict (case_id) do nothing
    """
)
_FLAGS = text("update intake.cases set flags = :flags where id = :id")

ACTIONS: Mapping[Verb, str] = {
    Verb.ASSIGN: "case.assign",
    Verb.RECORD: "case.write",
    Verb.SCREEN: "case.screen",
    Verb.IDENTIFY: "case.identify",
    Verb.ASSESS_NEEDS: "case.assess",
    Verb.ASSESS_AGE: "case.assess-age",
    Verb.PLACE_HOLD: "hold.place",
    Verb.LIFT_HOLD: "hold.lift",
}
"""The right that each verb asks for."""


async def person_of(tx: Transaction, actor: Actor, action: str, case_id: UUID) -> UUID:
    """The person whose key the case's data is under. NotFound where the actor may not do this with the case."""
    return (await get(tx, actor, action, case_id)).person_id


async def get(tx: Transaction, actor: Actor, action: str, case_id: UUID, *, lock: bool = False) -> Case:
    """The case for this actor and action; NotFound otherwise. `lock` when a verb follows."""
    await require_case(tx, actor, action, case_id)
    row = (await tx.execute(_LOCK if lock else _GET, {"id": case_id})).first()
    if row is None:
        raise NotFound
    case = _case(row)
    await attention.opened(tx, actor, case_id)
    if lock:
        holds = await tx.execute(_HOLDS, {"id": case_id})
        case.holds = {hold.id: Hold(hold.id, hold.until, hold.lifted_at) for hold in holds}
    return case


async def hold(tx: Transaction, case_id: UUID) -> Case | None:
    """Lock a case that the service itself moves; its holds are not loaded."""
    row = (await tx.execute(_LOCK, {"id": case_id})).first()
    return None if row is None else _case(row)


def expect(case: Case, seen: int | None) -> None:
    """If-Match: the version that the caller saw is still the present one."""
    if seen is not None and seen != case.version:
        raise PreconditionFailed


async def insert(
    tx: Transaction, actor: Actor, case: Case, channel: str, flags: str | None, facts: Sequence[Fact]
) -> None:
    """A new case with its first assignment. Conflict when its identifier is taken."""
    parameters = {
        "id": case.id,
        "person_id": case.person_id,
        "organisation": case.organisation,
        "workers": list(case.workers),
        "channel": channel,
        "urgency": case.urgency,
        "now": tx.now,
        "by": actor.subject,
        "flags": flags,
        "fields_revision": case.fields_revision,
    }
    if (await tx.execute(_INSERT, parameters)).rowcount != 1:
        raise Conflict
    case.version = 1
    await remember(tx, case.id, case.organisation, case.workers)
    await attention.wait(tx, [case.id])
    await attention.opened(tx, actor, case.id)
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, case: Case, facts: Sequence[Fact]) -> None:
    """Write the case if nobody else has changed it since it was read, and say what happened."""
    parameters = {
        "id": case.id,
        "organisation": case.organisation,
        "workers": list(case.workers),
        "urgency": case.urgency,
        "status_revision": case.status_revision,
        "age_revision": case.age_revision,
        "fields_revision": case.fields_revision,
        "version": case.version,
    }
    if (await tx.execute(_UPDATE, parameters)).rowcount != 1:
        raise Conflict
    case.version += 1
    if any(isinstance(fact, CaseAssigned) for fact in facts):
        await remember(tx, case.id, case.organisation, case.workers)
        await attention.wait(tx, [case.id])
    tx.say(*map(outgoing, facts))


async def remember_all(
    tx: Transaction, organisations: Mapping[UUID, str], import_id: UUID | None = None
) -> None:
    """The same as `chassis.identity.access.remember` for many new cases at once, that nobody in them is named for yet."""
    parameters = {"ids": list(organisations), "organisations": list(organisations.values())}
    await tx.execute(_ACCESS, parameters)
    await attention.wait(tx, list(organisations), import_id)


async def set_flags(tx: Transaction, case_id: UUID, flags: str) -> None:
    await tx.execute(_FLAGS, {"id": case_id, "flags": flags})


def _case(row: Any) -> Case:
    return Case(
        id=row.id,
        person_id=row.person_id,
        organisation=row.organisation,
        workers=tuple(row.workers),
        urgency=row.urgency,
        state=State(row.state),
        version=row.version,
        status_revision=row.status_revision,
        age=age_of(row),
        age_revision=row.age_revision,
        fields_revision=row.fields_revision,
    )
