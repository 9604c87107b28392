"""Reads of calls: rows straight to the views of a worker. Nobody looks for a word that was said."""

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
from services.intake.reports.store.calls import READ

_COLUMNS = (
    f"c.id, c.case_id, {reference_column('c.case_id')} as case_reference, c.worker, c.kind, c.urgency, c.state, c.flagged,"
    " c.agreed, c.reason, c.started_at, c.ends_at, c.updated_at, c.updated_by, c.version"
)
_FILTERS: Mapping[str, str] = {
    "state": "c.state = :state",
    "mine": "c.worker = :mine",
    "kind": "c.kind = :kind",
    "urgency": "c.urgency = :urgency",
    "flagged": "c.flagged = :flagged",
    "since": "c.started_at >= :since",
    "case_id": "c.case_id = :case_id",
}


class CallSummary(BaseModel):
    """A call without a word of it. `worker` took it. `ends_at`: when its words are deleted, unless it becomes part of a case."""

    id: UUID
    case_id: UUID | None
    case_reference: ShownReference
    worker: str
    kind: Annotated[str, Code("call_kind")]
    urgency: Annotated[str, Code("urgency")]
    state: Annotated[str, Code("call_state")]
    flagged: bool
    agreed: Annotated[str, Code("call_consent")] | None
    reason: Annotated[str, Code("call_closing")] | None
    started_at: datetime
    ends_at: datetime | None
    updated_at: datetime
    updated_by: str
    version: int


async def calls(
    tx: Transaction, actor: Actor, filters: Mapping[str, object], after: Position | None, limit: int
) -> list[CallSummary]:
    """The calls of the organisation, newest first: those that are no case's, and those of cases that the actor may read."""
    condition, parameters = await visible_cases(tx, actor, READ, column="c.case_id")
    at, row_id = after or (None, None)
    statement = text(
        f"select {_COLUMNS} from intake.calls c"
        f" where c.organisation = :organisation and (c.case_id is null or {condition})"
        f"{''.join(' and ' + _FILTERS[name] for name in filters)}"
        " and (cast(:at as timestamptz) is null or (c.started_at, c.id) < (:at, cast(:after as uuid)))"
        " order by c.started_at desc, c.id desc limit :limit"
    )
    more = {"organisation": actor.organisation, "at": at, "after": row_id, "limit": limit}
    rows = await tx.execute(statement, {**parameters, **filters, **more})
    return [CallSummary.model_validate(row, from_attributes=True) for row in rows]


async def call(tx: Transaction, call_id: UUID) -> CallSummary:
    """A call that the actor may read, which `store.calls` has seen to."""
    row = (
        await tx.execute(text(f"select {_COLUMNS} from intake.calls c where c.id = :id"), {"id": call_id})
    ).one()
    return CallSummary.model_validate(row, from_attributes=True)
