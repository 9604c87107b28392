"""Reads of drafts: rows straight to the views of a worker, the content opened by the route."""

from collections.abc import Mapping
from datetime import datetime
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
from services.intake.drafts.domain.draft import DraftKind
from services.intake.drafts.store import SCREEN, may_open

_COLUMNS = (
    f"d.id, d.kind, d.case_id, {reference_column('d.case_id')} as case_reference, d.worker, d.state, d.urgency, d.flagged, d.checklist, d.checklist_version, d.reason,"
    " d.result_id, d.started_at, d.started_by, d.updated_at, d.updated_by, d.version"
)
_FILTERS: Mapping[str, str] = {
    "kind": "d.kind = :kind",
    "state": "d.state = :state",
    "worker": "d.worker = :worker",
    "flagged": "d.flagged = :flagged",
    "case_id": "d.case_id = :case_id",
    "started_before": "d.started_at < :started_before",
}


class DraftSummary(BaseModel):
    """A draft without its content. `worker` has it; `flagged`: an urgent flag stands in it. Of an intake, `case_id` is that of the
    case which it opens when it is submitted; `case_reference` and `result_id` are None until then.
    """

    id: UUID
    kind: Annotated[str, Code("draft_kind")]
    case_id: UUID
    case_reference: ShownReference
    worker: str
    state: Annotated[str, Code("draft_state")]
    urgency: Annotated[str, Code("urgency")]
    flagged: bool
    checklist: str | None
    checklist_version: str | None
    reason: Annotated[str, Code("draft_abandonment")] | None
    result_id: UUID | None
    started_at: datetime
    started_by: str
    updated_at: datetime
    updated_by: str
    version: int


async def drafts(
    tx: Transaction, actor: Actor, filters: Mapping[str, object], *, after: Position | None, limit: int
) -> list[DraftSummary]:
    """Oldest first: what waits longest stands first."""
    condition, parameters = await visible_cases(tx, actor, SCREEN, column="d.case_id")
    at, row_id = after or (None, None)
    statement = text(
        f"select {_COLUMNS} from intake.drafts d where d.organisation = :organisation"
        f" and ((d.kind = '{DraftKind.INTAKE}' and :may_open) or (d.kind = '{DraftKind.SCREENING}' and {condition}))"
        f"{''.join(' and ' + _FILTERS[name] for name in filters)}"
        " and (cast(:at as timestamptz) is null or (d.started_at, d.id) > (:at, cast(:after as uuid)))"
        " order by d.started_at, d.id limit :limit"
    )
    more = {"organisation": actor.organisation, "may_open": may_open(actor), "at": at, "after": row_id}
    rows = await tx.execute(statement, {**parameters, **filters, **more, "limit": limit})
    return [DraftSummary.model_validate(row, from_attributes=True) for row in rows]


async def draft(tx: Transaction, draft_id: UUID) -> DraftSummary:
    """A draft that the actor may read, which `store.get` has seen to."""
    statement = text(f"select {_COLUMNS} from intake.drafts d where d.id = :id")
    row = (await tx.execute(statement, {"id": draft_id})).one()
    return DraftSummary.model_validate(row, from_attributes=True)
