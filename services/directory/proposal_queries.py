"""The reads of proposals: SQL straight to the views that the API answers with."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.web.moves import MoveView
from chassis.web.positions import Position
from contracts.types import Code, OrganisationId
from services.directory.domain.proposal import Proposal

_LIST = text(
    """
    select id from directory.proposals
    where (cast(:state as text) is null or state = :state)
      and (cast(:organisation as text) is null or organisation = :organisation)
      and (cast(:at as timestamptz) is null or (proposed_at, id) < (:at, :after))
    order by proposed_at desc, id desc limit :limit
    """
)


class ProposalView(BaseModel):
    """A change of the directory by two people. Members that its kind of change does not speak of are null."""

    id: UUID
    change: Annotated[str, Code("directory_change")]
    state: Annotated[str, Code("proposal_state")]
    expired: Annotated[bool, Field(description="nobody confirmed it in time: it changes nothing any more")]
    overdue: Annotated[
        bool, Field(description="it acts by the word of one person, and nobody has looked at it in time")
    ]
    organisation: OrganisationId
    name: str | None
    role: Annotated[str, Code("recipient_role")] | None
    type: Annotated[str, Code("org_Type")] | None
    status: str | None
    worker: str | None
    staff_role: Annotated[str, Code("staff_role")] | None
    cases_to: str | None
    cases_to_organisation: str | None
    ticket: str
    proposed_by: str
    proposed_at: datetime
    due_at: Annotated[
        datetime, Field(description="when it expires; of one that acts, by when a second person looks at it")
    ]
    decided_by: str | None
    decided_at: datetime | None
    version: int
    moves: list[MoveView]


def view_of(proposal: Proposal, now: datetime, moves: list[MoveView]) -> ProposalView:
    wish = {name: getattr(proposal.wish, name) for name in type(proposal.wish).__slots__}
    own = {name: getattr(proposal, name) for name in type(proposal).__slots__ if name != "wish"}
    shown: dict[str, Any] = {**wish, **own}
    return ProposalView(
        **shown, expired=proposal.is_expired(now), overdue=proposal.is_overdue(now), moves=moves
    )


async def newest(
    tx: Transaction, state: str | None, organisation: str | None, after: Position | None, limit: int
) -> list[UUID]:
    at, last = after or (None, None)
    asked = {"state": state, "organisation": organisation, "at": at, "after": last, "limit": limit}
    return list((await tx.execute(_LIST, asked)).scalars())
