"""The assessments of a person's age."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.rows import RowReader
from chassis.tables import insert_set
from services.intake.casefile.domain.case import Case
from services.intake.identification.sealed_rows import AgeAssessmentRow
from services.intake.identification.store.tables import AGE_ASSESSMENTS

_ASSESSED = insert_set(AGE_ASSESSMENTS)
_ASSESSMENTS = text("select * from intake.age_assessments where case_id = :case_id order by revision")
_ROWS = RowReader(AgeAssessmentRow)


async def add(tx: Transaction, actor: Actor, case: Case, evidence: str, reasons: str) -> None:
    """`reasons` is ciphertext. No assessment is ever replaced."""
    row = {
        "case_id": case.id,
        "revision": case.age_revision,
        "organisation": actor.organisation,
        "age_group": case.age.group,
        "evidence": evidence,
        "reasons": reasons,
        "at": tx.now,
        "by": actor.subject,
    }
    await _ASSESSED.write(tx, [row])


async def of(tx: Transaction, case_id: UUID) -> list[AgeAssessmentRow]:
    """Every assessment, oldest first; they are few."""
    return _ROWS.all(await tx.execute(_ASSESSMENTS, {"case_id": case_id}))
