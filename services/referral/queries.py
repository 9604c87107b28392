"""Reads: the worklist, one half of a referral, and the directory, straight to what the API answers."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import Rights
from chassis.identity.auth import Actor
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.worklist import Position, halves
from contracts.types import CaseId, Cell, Code, OrganisationId
from services.referral.domain.states import MOVES, Half, Kind, State, Verb, passes
from services.referral.store.referrals import action_of, right_to

_REASON = "of `referral_rejection`, `referral_hold` or `referral_failure`; of `disclosure_refusal` or `border_refusal` where nothing was delivered"


class WithheldView(BaseModel):
    field: Annotated[str, Code("field")]
    reason: Annotated[str, Code("withheld_reason")]


class ReferralSummary(BaseModel):
    """One half as a worklist shows it."""

    referral_id: UUID
    half: Annotated[str, Code("half")]
    case_id: CaseId
    kind: Annotated[str, Code("referral_kind")]
    state: Annotated[str, Code("referral_state")]
    sender: OrganisationId
    recipient: OrganisationId
    service: Annotated[str, Code("service")]
    purpose: Annotated[str, Code("purpose")]
    urgency: Annotated[str, Code("urgency")]
    created_at: datetime
    respond_by: Annotated[datetime | None, Field(description="until when the receiver should answer")]
    late: Annotated[bool, Field(description="the reminder has passed and nobody has answered")]
    consent_recorded: Annotated[
        bool,
        Field(
            description="a consent naming this recipient and purpose was recorded; the preview says if it permits"
        ),
    ]
    version: int


class ReferralView(ReferralSummary):
    moves: list[MoveView] = []
    sender_cell: Cell
    recipient_cell: Cell
    asked: Annotated[
        list[str], Field(description="field names that the worker asked to send, or that were granted")
    ]
    disclosure_id: UUID | None
    fields: Annotated[list[str], Field(description="field names that were authorised, or received")]
    withheld: list[WithheldView]
    reason: Annotated[str | None, Field(description=_REASON)]
    outcome: Annotated[
        str | None, Field(description="of `referral_outcome`; null where her consent does not let it be told")
    ]
    sent_at: datetime | None
    received_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


class OrganisationSummary(BaseModel):
    id: OrganisationId
    cell: Cell
    role: Annotated[str, Code("recipient_role")]
    name: str
    status: str
    version: int
    services: list[Annotated[str, Code("service")]]


class ServiceView(BaseModel):
    """HSDS 3.0 fields; `capacity` is a Gravity capacity code."""

    id: str
    service: Annotated[str, Code("service")]
    name: str
    status: str
    capacity: str
    details: dict[str, Any]
    moves: list[MoveView]


class OrganisationView(BaseModel):
    id: OrganisationId
    cell: Cell
    role: Annotated[str, Code("recipient_role")]
    name: str
    status: str
    version: int
    details: dict[str, Any]
    services: list[ServiceView]
    moves: list[MoveView]


_VIEW = """
    select r.*, r.id as referral_id,
           r.state in ('requested', 'received') and r.reminded_at is not null as late,
           exists (select from referral.consents as c
                   where c.case_id = r.case_id and c.valid_until > :now
                     and jsonb_exists(c.recipients, r.recipient) and jsonb_exists(c.purposes, r.purpose)
                  ) as consent_recorded
    from referral.referrals as r
"""
_ONE = text(_VIEW + " where r.id = :id and r.half = :half")
_ORGANISATIONS = text(
    """
    select o.id, o.cell, o.role, o.name, o.status, o.version,
           array(select distinct s.service from referral.services as s
                 where s.organisation = o.id and s.status = 'active' order by 1) as services
    from referral.organisations as o
    where o.id > :after and (cast(:cell as text) is null or o.cell = :cell)
      and (cast(:role as text) is null or o.role = :role)
      and ((cast(:service as text) is null and cast(:capacity as text) is null) or exists (
          select from referral.services as s
          where s.organisation = o.id and s.status = 'active'
            and (cast(:service as text) is null or s.service = :service)
            and (cast(:capacity as text) is null or s.capacity = :capacity)))
    order by o.id limit :limit
    """
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
) -> list[ReferralSummary]:
    """The halves of the actor's organisation on cases that the actor may read, newest first."""
    rows = await halves(
        tx,
        actor,
        "referral.read",
        _VIEW,
        made_at="created_at",
        filters={"half": half, "state": state, "case_id": case_id},
        after=after,
        limit=limit,
    )
    return [ReferralSummary.model_validate(row, from_attributes=True) for row in rows]


async def referral(tx: Transaction, referral_id: UUID, half: str) -> ReferralView:
    """One half that the actor was allowed to read."""
    row = (await tx.execute(_ONE, {"id": referral_id, "half": half, "now": tx.now})).one()
    withheld = [{"field": name, "reason": reason} for name, reason in row.withheld]
    return ReferralView.model_validate({**row._mapping, "withheld": withheld})  # noqa: SLF001  # SQLAlchemy's public name


def moves(
    view: ReferralView, commands: Commands, permitted: Rights, send_blocks: list[str]
) -> list[MoveView]:
    """What may be done with this half now. A verb is a command where it has a route: `accept` is `accept_referral`."""
    half, state, kind = Half(view.half), State(view.state), Kind(view.kind)
    offers = [
        Offer(
            f"{verb}_referral",
            right_to(action_of(verb), kind),
            passes(verb, half, state, kind),
            send_blocks if verb is Verb.SEND else (),
        )
        for verb in MOVES
    ]
    return commands.open(offers, permitted, referral_id=view.referral_id)


@dataclass(frozen=True, slots=True)
class Only:
    """What a list of organisations is narrowed to; a service and a capacity must be of one active service."""

    cell: str | None = None
    role: str | None = None
    service: str | None = None
    capacity: str | None = None


async def organisations(tx: Transaction, only: Only, *, after: str, limit: int) -> list[OrganisationSummary]:
    rows = await tx.execute(_ORGANISATIONS, {**asdict(only), "after": after, "limit": limit})
    return [OrganisationSummary.model_validate(row, from_attributes=True) for row in rows]
