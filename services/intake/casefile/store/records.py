"""What is recorded under a case: sealed fields, screenings, statuses, needs, holds, and the blind index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.tables import delete_set, insert_set, update_set, upsert_set
from services.intake.casefile.domain.case import Case
from services.intake.casefile.domain.field_classes import FLAGS
from services.intake.casefile.store.tables import FIELD_REVISIONS, FIELDS, HOLDS, NEEDS, SCREENINGS, STATUSES

_REVISIONS = insert_set(FIELD_REVISIONS)
_REMOVED = delete_set(FIELDS, "case_id", "field", where="t.source = 'own'")
_PRESENT = upsert_set(
    FIELDS,
    without=["disclosure_id"],
    key="case_id, field, coalesce(disclosure_id, '00000000-0000-0000-0000-000000000000')",
    update=["value", "organisation", "recorded_at", "recorded_by"],
)
_OWN = text("select field, value from intake.fields where case_id = :case_id and source = 'own'")
_SCREENING = insert_set(SCREENINGS)
_STATUSES = insert_set(STATUSES)
_NEEDS = insert_set(NEEDS)
_HOLD = insert_set(HOLDS, without=["lifted_at", "lifted_by"])
_LIFT = update_set(HOLDS, "lifted_at", "lifted_by", key=["id", "case_id"])


@dataclass(frozen=True, slots=True)
class SealedScreening:
    """A screening as it is kept. `result` and `answers` are ciphertext."""

    id: UUID
    requested: str
    checklist: str
    version: str
    result: str
    answers: str


@dataclass(frozen=True, slots=True)
class SealedDecision:
    """A decision on the formal status as it is kept. `status` and `reasons` are ciphertext, bound to the revision."""

    case_id: UUID
    revision: int
    deciding_organisation: str
    status: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one revision as it is kept: its ciphertext, None where it was removed. `reason` is ciphertext too."""

    case_id: UUID
    revision: int
    field: str
    value: str | None
    reason: str | None = None


async def put_fields(
    tx: Transaction, actor: Actor, case: Case, sealed: Mapping[str, str | None], reason: str | None = None
) -> None:
    """Own fields under the case's newest revision: each value replaces the one before, None removes it."""
    changes = [Change(case.id, case.fields_revision, name, value, reason) for name, value in sealed.items()]
    await record(tx, changes, organisation=actor.organisation, by=actor.subject)


async def record(tx: Transaction, changes: Sequence[Change], *, organisation: str, by: str) -> None:
    """The one place that writes what is known of a person here: the present value, and the revision that stays.

    The urgent flags have their present value at the case; here they have their revisions alone.
    """
    await _REVISIONS.write(tx, changes, organisation=organisation, at=tx.now, by=by)
    await _REMOVED.write(tx, [change for change in changes if change.value is None])
    present = [change for change in changes if change.value is not None and change.field != FLAGS]
    written = {"organisation": organisation, "recorded_at": tx.now, "recorded_by": by}
    await _PRESENT.write(tx, present, source="own", **written)


async def own_fields(tx: Transaction, case_id: UUID) -> dict[str, str]:
    """Field → ciphertext of what was recorded here."""
    return {row.field: row.value for row in await tx.execute(_OWN, {"case_id": case_id})}


async def add_screening(tx: Transaction, actor: Actor, case_id: UUID, screening: SealedScreening) -> None:
    row = {
        "id": screening.id,
        "requested": screening.requested,
        "checklist": screening.checklist,
        "checklist_version": screening.version,
        "result": screening.result,
        "answers": screening.answers,
    }
    await _SCREENING.write(tx, [row], case_id=case_id, **_who(tx, actor))


async def add_statuses(
    tx: Transaction, decisions: Sequence[SealedDecision], *, organisation: str, by: str
) -> None:
    await _STATUSES.write(tx, decisions, organisation=organisation, at=tx.now, by=by)


async def add_needs(
    tx: Transaction, actor: Actor, case_id: UUID, assessment_id: UUID, urgency: str, needs: str
) -> None:
    row = {"id": assessment_id, "urgency": urgency, "needs": needs}
    await _NEEDS.write(tx, [row], case_id=case_id, **_who(tx, actor))


async def add_hold(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID, until: datetime) -> None:
    row = {"id": hold_id, "until": until, "placed_at": tx.now, "placed_by": actor.subject}
    await _HOLD.write(tx, [row], case_id=case_id, organisation=actor.organisation)


async def lift_hold(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID) -> None:
    row = {"id": hold_id, "case_id": case_id, "lifted_at": tx.now, "lifted_by": actor.subject}
    await _LIFT.write(tx, [row])


def _who(tx: Transaction, actor: Actor) -> dict[str, object]:
    return {"organisation": actor.organisation, "at": tx.now, "by": actor.subject}
