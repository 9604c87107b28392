"""Reads of incidents: rows straight to the views of whoever told them, or with whom they are shared."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.web.positions import Position
from contracts.casefile.reference import ShownReference
from contracts.types import Code

_COLUMNS = (
    "i.id, i.organisation, i.kind, i.level, i.province, i.district, i.first_on, i.last_on, i.source, i.certainty, i.with_all,"
    " i.shared_with, i.state, i.merged_into, i.revision, i.reported_at, i.updated_at, i.version"
)
_SEEN = "(i.with_all or i.organisation = :organisation or :organisation = any(i.shared_with))"
_FILTERS: Mapping[str, str] = {
    "kind": "i.kind = :kind",
    "state": "i.state = :state",
    "province": "i.province = :province",
    "certainty": "i.certainty = :certainty",
    "own": "(i.organisation = :organisation) = :own",
    "since": "i.last_on >= :since",
    "until": "i.first_on <= :until",
}


class IncidentSummary(BaseModel):
    """An incident without the words of whoever told it. `with_all`: every organisation of the country sees it."""

    id: UUID
    organisation: str
    kind: Annotated[str, Code("incident_kind")]
    level: Annotated[str, Code("place_level")]
    province: str | None
    district: str | None
    first_on: date
    last_on: date
    source: Annotated[str, Code("incident_source")]
    certainty: Annotated[str, Code("certainty")]
    with_all: bool
    shared_with: list[str]
    state: Annotated[str, Code("incident_state")]
    merged_into: UUID | None
    revision: int
    reported_at: datetime
    updated_at: datetime
    version: int


class CorrectionView(BaseModel):
    """What was told before, who corrected it and why. `by` is null for another organisation."""

    revision: int
    reason: Annotated[str, Code("incident_correction")]
    by: str | None
    at: datetime
    account: dict[str, str | bool | list[str] | None]


class LinkedCase(BaseModel):
    case_id: UUID
    case_reference: ShownReference
    by: str
    at: datetime


async def incidents(
    tx: Transaction, actor: Actor, filters: Mapping[str, object], after: Position | None, limit: int
) -> list[IncidentSummary]:
    """Told last comes first."""
    at, row_id = after or (None, None)
    statement = text(
        f"select {_COLUMNS} from intake.incidents i where {_SEEN}"
        f"{''.join(' and ' + _FILTERS[name] for name in filters)}"
        " and (cast(:at as timestamptz) is null or (i.reported_at, i.id) < (:at, cast(:after as uuid)))"
        " order by i.reported_at desc, i.id desc limit :limit"
    )
    more = {"organisation": actor.organisation, "at": at, "after": row_id, "limit": limit}
    rows = await tx.execute(statement, {**filters, **more})
    return [IncidentSummary.model_validate(row, from_attributes=True) for row in rows]


async def incident(tx: Transaction, incident_id: UUID) -> IncidentSummary:
    """An incident that the actor may read, which `store.incidents` has seen to."""
    statement = text(f"select {_COLUMNS} from intake.incidents i where i.id = :id")
    return IncidentSummary.model_validate(
        (await tx.execute(statement, {"id": incident_id})).one(), from_attributes=True
    )


async def corrections(tx: Transaction, actor: Actor, incident_id: UUID) -> list[CorrectionView]:
    """Oldest first; they are few."""
    statement = text(
        "select revision, reason, case when organisation = :organisation then by end as by, at, account"
        " from intake.incident_revisions where incident_id = :id order by revision"
    )
    rows = await tx.execute(statement, {"id": incident_id, "organisation": actor.organisation})
    return [CorrectionView.model_validate(row, from_attributes=True) for row in rows]


async def linked_cases(tx: Transaction, actor: Actor, incident_id: UUID) -> list[LinkedCase]:
    """The cases that the actor may read, and no other."""
    condition, parameters = await visible_cases(tx, actor, "case.read", column="l.case_id")
    statement = text(
        f"select l.case_id, {reference_column('l.case_id')} as case_reference, l.by, l.at from intake.incident_cases l"
        f" where l.incident_id = :id and {condition} order by l.at, l.case_id limit 200"
    )
    rows = await tx.execute(statement, {**parameters, "id": incident_id})
    return [LinkedCase.model_validate(row, from_attributes=True) for row in rows]
