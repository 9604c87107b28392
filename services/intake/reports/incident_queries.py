"""Reads of incidents: rows straight to the views of whoever wrote them down, or with whom they are shared."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from contracts.types import Code
from services.intake.reports.domain.incidents import IncidentState

IncidentPosition = tuple[date, UUID]
"""The position of the last row of the page before."""

_OWN = "i.organisation = :organisation"
_OF_OWN = ", ".join(
    f"case when {_OWN} then i.{column} end as {column}"
    for column in ("shared_with", "recorded_at", "recorded_by", "updated_at", "updated_by")
)
"""To others these would tell when somebody spoke, and to whom else; and why it was corrected, what to look for in it."""
_COLUMNS = (
    "i.id, i.organisation, i.kind, i.province, to_char(i.month, 'YYYY-MM') as month, i.certainty, i.with_all, i.state,"
    f" case when {_OWN} or i.state = '{IncidentState.WITHDRAWN}' then i.reason end as reason, i.revision, i.version, {_OF_OWN}"
)
_SEEN = f"(i.with_all or {_OWN} or :organisation = any(i.shared_with))"
_FILTERS: Mapping[str, str] = {
    "kind": "i.kind = :kind",
    "state": "i.state = :state",
    "province": "i.province = :province",
    "certainty": "i.certainty = :certainty",
    "of": "i.organisation = :of",
    "since": "i.month >= :since",
    "until": "i.month <= :until",
}


class IncidentSummary(BaseModel):
    """An incident without a word of it. `with_all`: every organisation of the country sees it. With whom else it is shared, and by
    whom and when it was written down, is for the organisation that did.
    """

    id: UUID
    organisation: str
    kind: Annotated[str, Code("incident_kind")]
    province: str | None
    month: str
    certainty: Annotated[str, Code("certainty")]
    with_all: bool
    shared_with: list[str] | None
    state: Annotated[str, Code("incident_state")]
    reason: Annotated[
        str | None,
        Field(description="of the withdrawal; for the organisation itself also of the last correction"),
    ]
    revision: int
    recorded_at: datetime | None
    recorded_by: str | None
    updated_at: datetime | None
    updated_by: str | None
    version: int


async def incidents(
    tx: Transaction, actor: Actor, filters: Mapping[str, object], after: IncidentPosition | None, limit: int
) -> list[IncidentSummary]:
    """The latest month first; within one in an order that tells nothing."""
    month, row_id = after or (None, None)
    statement = text(
        f"select {_COLUMNS} from intake.incidents i where {_SEEN}"
        f"{''.join(' and ' + _FILTERS[name] for name in filters)}"
        " and (cast(:before as date) is null or (i.month, i.id) < (:before, cast(:after as uuid)))"
        " order by i.month desc, i.id desc limit :limit"
    )
    more = {"organisation": actor.organisation, "before": month, "after": row_id, "limit": limit}
    rows = await tx.execute(statement, {**filters, **more})
    return [IncidentSummary.model_validate(row, from_attributes=True) for row in rows]


async def incident(tx: Transaction, actor: Actor, incident_id: UUID) -> IncidentSummary:
    """An incident that the actor may read, which `store.incidents` has seen to."""
    statement = text(f"select {_COLUMNS} from intake.incidents i where i.id = :id")
    row = (await tx.execute(statement, {"id": incident_id, "organisation": actor.organisation})).one()
    return IncidentSummary.model_validate(row, from_attributes=True)
