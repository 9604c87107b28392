"""Reads: the worklist and one half of a return, straight to what the API answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.auth import Actor
from chassis.database import Transaction
from chassis.problems import NotFound
from chassis.worklist import Position, halves
from contracts.types import CaseId, Cell, Code, OrganisationId, Pseudonym


class ReturnSummary(BaseModel):
    """One half as a worklist shows it."""

    return_id: UUID
    half: Annotated[str, Code("return_half")]
    case_id: CaseId
    state: Annotated[str, Code("return_state")]
    sender: OrganisationId
    receiver: OrganisationId
    receiver_cell: Cell
    result: Annotated[str, Code("risk_result")] | None
    reason: Annotated[
        str | None, Field(description="what would block a clearance now, of the list `return_block`")
    ]
    requested_at: Annotated[datetime, Field(description="for the receiving half: when it was heard of")]
    version: int


class ReturnView(ReturnSummary):
    outcome: Annotated[
        str | None, Field(description="of `return_outcome`; null where her consent does not let it be told")
    ]
    decided_at: datetime | None
    assessed_at: datetime | None
    cleared_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    closed_at: datetime | None
    withdrawn_at: datetime | None


class AssessmentView(BaseModel):
    """The newest risk assessment, with its grounds in clear."""

    return_id: UUID
    result: Annotated[str, Code("risk_result")]
    grounds: Annotated[str | None, Field(description="null where there are none, or were erased")]
    assessor: Pseudonym
    assessed_at: datetime


_VIEW = """
    select r.*, r.id as return_id,
           case when r.state = 'decided' then 'risk-assessment-missing'
                when r.state = 'assessed' and r.result = 'unsafe' then 'risk-unsafe' end as reason
    from returns.returns as r
"""
_ONE = text(_VIEW + " where r.id = :id and r.half = :half")
_ASSESSMENT = text(
    "select id as return_id, result, grounds, assessor, assessed_at from returns.returns"
    " where id = :id and half = :half and result is not null"
)


async def worklist(
    tx: Transaction,
    actor: Actor,
    *,
    half: str | None,
    state: str | None,
    case_id: UUID | None,
    after: Position | None,
    limit: int,
) -> list[ReturnSummary]:
    """The halves of the actor's organisation on cases that the actor may read, newest first."""
    rows = await halves(
        tx,
        actor,
        "return.read",
        _VIEW,
        made_at="requested_at",
        filters={"half": half, "state": state, "case_id": case_id},
        after=after,
        limit=limit,
    )
    return [ReturnSummary.model_validate(row, from_attributes=True) for row in rows]


async def assisted_return(tx: Transaction, return_id: UUID, half: str) -> ReturnView:
    """One half that the actor was allowed to read."""
    row = (await tx.execute(_ONE, {"id": return_id, "half": half})).one()
    return ReturnView.model_validate(row, from_attributes=True)


async def assessment(tx: Transaction, return_id: UUID, half: str) -> AssessmentView:
    """Its grounds are still sealed. Raises NotFound where nothing was assessed; the receiving half never has one."""
    row = (await tx.execute(_ASSESSMENT, {"id": return_id, "half": half})).first()
    if row is None:
        raise NotFound
    return AssessmentView.model_validate(row, from_attributes=True)
