"""Broken glass: the person and the case, the sealed reason, and the outcome of the review."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.directory import find
from chassis.identity.access import CaseRefused, holder_of, require_case, whose
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.problems import Forbidden, NotFound, NotSecondPerson, Unavailable
from chassis.rows import RowReader
from chassis.tables import insert_set, update_set
from contracts.organisations import ACTIVE, ENFORCEMENT
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.glass import (
    OPEN_FOR,
    SHOWN,
    SHOWN_TO_TREAT,
    UPHELD,
    BrokenGlass,
    OwnBreaking,
    open_on,
    suspended,
)
from services.intake.casefile.outgoing import outgoing
from services.intake.casefile.store.tables import BROKEN_GLASS

BREAK, READ, REVIEW = "glass.break", "glass.read", "glass.review"

_GLASS = RowReader(BrokenGlass, BROKEN_GLASS)
_OF_PERSON = text(
    f"select {_GLASS.columns('g')} from intake.broken_glass g where g.by = :by and g.organisation = :organisation"
    " and (g.review is distinct from :upheld or g.at > :recent)"
)
_REASON = text("select reason from intake.broken_glass where id = :id")
_CASE_OF = text("select case_id from intake.broken_glass where id = :id")
_LOCK = text(f"select {_GLASS.columns('g')} from intake.broken_glass g where g.id = :id for update")
_INSERT = insert_set(BROKEN_GLASS, "id", "case_id", "by", "organisation", "at", "reason")
_REVIEWED = update_set(BROKEN_GLASS, "review", "reviewed_at", "reviewed_by")
_CASE = text(
    f"select person_id, {reference_column('id')} as case_reference, flags from intake.cases"
    " where id = :id and state = :open for share"
)
_FIELDS = text(
    "select field, value from intake.fields where case_id = :id and source = 'own' and field = any(:fields)"
)


class GlassSuspended(Forbidden):
    """An earlier breaking by this person was not reviewed in time, or not upheld."""

    code, title = "glass-suspended", "You can break no glass until what you broke before has been upheld"


@dataclass(frozen=True, slots=True)
class SealedLeast:
    """The sealed fields of a case that an emergency may open."""

    person_id: UUID
    case_reference: str | None
    flags: str | None
    fields: Mapping[str, str]


async def may_break(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Check the right to break. Raises GlassSuspended and Forbidden before anything is said of the case, then
    CaseRefused.
    """
    listed = await find(tx, actor.organisation)
    if listed is None or listed.status != ACTIVE or listed.type in ENFORCEMENT:
        raise Forbidden
    if suspended(await _of(tx, actor), tx.now):
        raise GlassSuspended
    await require_case(tx, actor, BREAK, case_id)


async def least(tx: Transaction, case_id: UUID) -> SealedLeast:
    """The least, recorded here: nothing that came across a border. Raises NotFound where the case is not open."""
    fields = [*SHOWN, *SHOWN_TO_TREAT]
    async with tx.of_everybody():
        case = (await tx.execute(_CASE, {"id": case_id, "open": CaseState.OPEN})).first()
        rows = (await tx.execute(_FIELDS, {"id": case_id, "fields": fields})).all()
    if case is None:
        raise NotFound
    return SealedLeast(
        case.person_id, case.case_reference, case.flags, {row.field: row.value for row in rows}
    )


async def insert(tx: Transaction, glass: BrokenGlass, reason: str) -> None:
    """Write a breaking; the organisation that has the case is told in the same transaction."""
    holder = await holder_of(tx, glass.case_id)
    if holder is None:
        raise Unavailable
    await _INSERT.write(tx, [glass], reason=reason)
    tx.say(*map(outgoing, glass.broken(holder)))


async def open_for(tx: Transaction, actor: Actor, case_id: UUID) -> BrokenGlass:
    """The breaking of this person on this case that is still open. Raises CaseRefused, GlassSuspended."""
    await require_case(tx, actor, READ, case_id)
    broken = await _of(tx, actor)
    found = open_on(broken, case_id, tx.now)
    if found is None:
        raise CaseRefused(actor, READ, case_id, known=True)
    if suspended(broken, tx.now):
        raise GlassSuspended
    return found


async def reason_of(tx: Transaction, glass_id: UUID) -> str:
    """The reason as it was sealed."""
    return str((await tx.execute(_REASON, {"id": glass_id})).scalar_one())


async def review(tx: Transaction, actor: Actor, glass_id: UUID, result: str) -> UUID:
    """Review, and answer the case that the glass was broken on. Raises NotFound, NotSecondPerson."""
    rows = await whose(tx, _CASE_OF, {"id": glass_id})
    if not rows:
        raise NotFound
    await require_case(tx, actor, REVIEW, rows[0].case_id)
    glass = _GLASS.one(await tx.execute(_LOCK, {"id": glass_id}))
    try:
        facts = glass.reviewed(actor.subject, actor.organisation, result)
    except OwnBreaking as error:
        raise NotSecondPerson from error
    reviewed = {"id": glass_id, "review": result, "reviewed_at": tx.now, "reviewed_by": actor.subject}
    await _REVIEWED.write(tx, [reviewed])
    tx.say(*map(outgoing, facts))
    return glass.case_id


async def _of(tx: Transaction, actor: Actor) -> list[BrokenGlass]:
    """The breakings of this person that are still open, or not upheld."""
    asked = {"by": actor.subject, "organisation": actor.organisation, "upheld": UPHELD}
    return _GLASS.all(await tx.execute(_OF_PERSON, {**asked, "recent": tx.now - OPEN_FOR}))
