"""The cases that somebody may take out, still sealed, in the order of their identifiers."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from contracts.casefile.urgent import URGENT_FIELDS
from contracts.internal import ExportedCasesForm
from services.intake.casefile.domain.case import CaseState

EXPORT = "case.export"

_PAGE = f"""
    select c.id, c.person_id, {reference_column("c.id")} as reference, coalesce((
        select jsonb_object_agg(f.field, f.value) from intake.fields f where f.case_id = c.id and f.source = 'own'), '{{}}') as values
    from intake.cases c
    where c.organisation = :organisation and c.state = :open
      and (cast(:after as uuid) is null or c.id > :after)
"""


@dataclass(frozen=True, slots=True)
class SealedCase:
    id: UUID
    person_id: UUID
    name: str
    values: dict[str, str]


async def page(tx: Transaction, actor: Actor, form: ExportedCasesForm) -> list[SealedCase]:
    """Cases with what was recorded here. Urgent flags are recorded as flags, and what came from elsewhere is not theirs to
    take out.
    """
    condition, parameters = await visible_cases(tx, actor, EXPORT, column="c.id")
    asked = {
        "organisation": actor.organisation,
        "open": CaseState.OPEN,
        "after": form.after,
        "limit": form.limit,
    }
    statement = text(f"{_PAGE} and {condition} order by c.id limit :limit")
    rows = await tx.execute(statement, {**parameters, **asked})
    return [
        SealedCase(
            row.id,
            row.person_id,
            row.reference or str(row.id),
            {name: value for name, value in row.values.items() if name not in URGENT_FIELDS},
        )
        for row in rows
    ]
