"""The cases that somebody may take out, still sealed, in the order of their identifiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from contracts.casefile.urgent import URGENT_FIELDS
from contracts.internal import ExportedCasesForm
from services.intake.casefile.domain.case import CaseState

EXPORT = "case.export"

_TO_TAKE = "from intake.cases c where c.organisation = :organisation and c.state = :open"
_DAY = "(c.opened_at at time zone :zone)::date"
_PAGE = f"""
    select c.id, c.person_id, {reference_column("c.id")} as reference, coalesce((
        select jsonb_object_agg(f.field, f.value) from intake.fields f where f.case_id = c.id and f.source = 'own'), '{{}}') as values,
        (select o.value from intake.own_numbers o where o.case_id = c.id and o.organisation = c.organisation) as number
    {_TO_TAKE} and (cast(:after as uuid) is null or c.id > :after)
        and (cast(:opened_from as date) is null or {_DAY} >= :opened_from)
        and (cast(:opened_to as date) is null or {_DAY} <= :opened_to)
"""
_STILL = f"select c.id {_TO_TAKE} and c.id = any(:ids)"


@dataclass(frozen=True, slots=True)
class SealedCase:
    id: UUID
    person_id: UUID
    name: str
    values: dict[str, str]
    number: str | None


async def page(tx: Transaction, actor: Actor, form: ExportedCasesForm, zone: ZoneInfo) -> list[SealedCase]:
    """Cases with what was recorded here. Urgent flags are recorded as flags, and what came from elsewhere is not theirs to
    take out.
    """
    condition, parameters = await _may_take(tx, actor)
    statement = text(f"{_PAGE} and {condition} order by c.id limit :limit")
    asked = form.model_dump(include={"after", "limit", "opened_from", "opened_to"})
    rows = await tx.execute(statement, {**parameters, **asked, "zone": zone.key})
    return [
        SealedCase(
            row.id,
            row.person_id,
            row.reference or str(row.id),
            {name: value for name, value in row.values.items() if name not in URGENT_FIELDS},
            row.number,
        )
        for row in rows
    ]


async def still_taken(tx: Transaction, actor: Actor, ids: Sequence[UUID]) -> set[UUID]:
    """The cases of exactly these that the actor may take out now."""
    condition, parameters = await _may_take(tx, actor)
    rows = await tx.execute(text(f"{_STILL} and {condition}"), {**parameters, "ids": list(ids)})
    return set(rows.scalars())


async def _may_take(tx: Transaction, actor: Actor) -> tuple[str, dict[str, Any]]:
    condition, parameters = await visible_cases(tx, actor, EXPORT, column="c.id")
    return condition, {**parameters, "organisation": actor.organisation, "open": CaseState.OPEN}
