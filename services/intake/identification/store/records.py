"""The records of assessments and decisions: sealed screenings, answers to forms, statuses, needs. None is ever replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.tables import insert_set
from services.intake.identification.store.tables import FORM_ANSWERS, NEEDS, SCREENINGS, STATUSES

_SCREENING = insert_set(SCREENINGS)
_FORM_ANSWERS = insert_set(FORM_ANSWERS)
_STATUSES = insert_set(STATUSES)
_NEEDS = insert_set(NEEDS)


@dataclass(frozen=True, slots=True)
class SealedScreening:
    """A screening as it is kept. `result`, `answers` and `reason` are ciphertext; `reason` is why it corrects another."""

    id: UUID
    requested: str
    checklist: str
    version: str
    result: str
    answers: str
    corrects: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SealedDecision:
    """A decision on the formal status as it is kept. `status` and `reasons` are ciphertext, bound to the revision."""

    case_id: UUID
    revision: int
    deciding_organisation: str
    status: str
    reasons: str


async def add_screening(tx: Transaction, actor: Actor, case_id: UUID, screening: SealedScreening) -> None:
    row = {
        "id": screening.id,
        "requested": screening.requested,
        "checklist": screening.checklist,
        "checklist_version": screening.version,
        "result": screening.result,
        "answers": screening.answers,
        "corrects": screening.corrects,
        "reason": screening.reason,
    }
    await _SCREENING.write(tx, [row], case_id=case_id, **_who(tx, actor))


@dataclass(frozen=True, slots=True)
class SealedForm:
    """The answers to the form that an intake was asked with, as they are kept. `answers` is ciphertext."""

    form: str
    form_version: str
    answers: str


async def add_form(tx: Transaction, actor: Actor, case_id: UUID, one: SealedForm) -> None:
    await _FORM_ANSWERS.write(tx, [one], case_id=case_id, **_who(tx, actor))


async def is_corrected(tx: Transaction, screening_id: UUID) -> bool:
    """True where another screening took its place."""
    statement = text("select 1 from intake.screenings where corrects = :id")
    return (await tx.execute(statement, {"id": screening_id})).first() is not None


async def add_statuses(
    tx: Transaction, decisions: Sequence[SealedDecision], *, organisation: str, by: str
) -> None:
    await _STATUSES.write(tx, decisions, organisation=organisation, at=tx.now, by=by)


async def add_needs(
    tx: Transaction, actor: Actor, case_id: UUID, assessment_id: UUID, urgency: str, needs: str
) -> None:
    row = {"id": assessment_id, "urgency": urgency, "needs": needs}
    await _NEEDS.write(tx, [row], case_id=case_id, **_who(tx, actor))


def _who(tx: Transaction, actor: Actor) -> dict[str, object]:
    return {"organisation": actor.organisation, "at": tx.now, "by": actor.subject}
