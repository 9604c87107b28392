"""Reads: the worklist and one half of a return, straight to what the API answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.access import visible_cases
from chassis.auth import Actor
from chassis.database import Transaction
from chassis.problems import NotFound
from contracts.types import CaseId, Cell, Code, OrganisationId, Pseudonym

Position = tuple[datetime, UUID]


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
    condition, parameters = await visible_cases(tx, actor, "return.read", column="r.case_id")
    values: dict[str, Any] = {**parameters, "organisation": actor.organisation, "limit": limit}
    conditions = [condition, "r.organisation = :organisation"]
    for column, value in (("half", half), ("state", state), ("case_id", case_id)):
        if value is not None:
            conditions.append(f"r.{column} = :{column}")
            values[column] = value
    if after is not None:
        conditions.append("(r.requested_at, r.id) < (:at, cast(:after as uuid))")
        values |= {"at": after[0], "after": after[1]}
    where = " and ".join(conditions)
    rows = await tx.execute(
        text(f"{_VIEW} where {where} order by r.requested_at desc, r.id desc limit :limit"), values
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
