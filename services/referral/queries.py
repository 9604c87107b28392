"""The reads: the worklist and one half of a referral, straight to the answers of the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import Rights
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.positions import Position
from chassis.web.worklist import halves
from contracts.casefile.reference import ShownReference
from contracts.crossing import CROSSINGS, REFERRAL
from contracts.types import CaseId, Cell, Code, OrganisationId
from services.referral.domain.states import MOVES, OFFERED, Half, Kind, State, Verb, passes
from services.referral.store.referrals import action_of, right_to

_LISTS = ", ".join(
    f"`{row.reasons}`" for row in CROSSINGS if row.subject is REFERRAL and row.carries == "reason"
)
_REASON = f"of {_LISTS}; of `disclosure_refusal` or `border_refusal` where nothing was delivered"


class WithheldView(BaseModel):
    field: Annotated[str, Code("field")]
    reason: Annotated[str, Code("withheld_reason")]


class ReferralSummary(BaseModel):
    """One half as a worklist shows it."""

    referral_id: UUID
    half: Annotated[str, Code("half")]
    case_id: CaseId
    case_reference: ShownReference
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


_VIEW = f"""
    select r.*, r.id as referral_id, {reference_column("r.case_id")} as case_reference,
           r.state in {one_of(OFFERED)} and r.reminded_at is not null as late,
           exists (select from referral.consents as c
                   where c.case_id = r.case_id and c.valid_until > :now
                     and jsonb_exists(c.recipients, r.recipient) and jsonb_exists(c.purposes, r.purpose)
                  ) as consent_recorded
    from referral.referrals as r
"""
_ONE = text(_VIEW + " where r.id = :id and r.half = :half")


async def worklist(
    tx: Transaction, actor: Actor, filters: Mapping[str, object], *, after: Position | None, limit: int
) -> list[ReferralSummary]:
    """The halves of the actor's organisation on cases that the actor may read, newest first."""
    rows = await halves(
        tx,
        actor,
        "referral.read",
        _VIEW,
        made_at="created_at",
        filters=filters,
        after=after,
        limit=limit,
    )
    return [ReferralSummary.model_validate(row, from_attributes=True) for row in rows]


async def referral(tx: Transaction, referral_id: UUID, half: str) -> ReferralView:
    """One half that the actor was allowed to read."""
    row = (await tx.execute(_ONE, {"id": referral_id, "half": half, "now": tx.now})).one()
    withheld = [{"field": name, "reason": reason} for name, reason in row.withheld]
    return ReferralView.model_validate({**row._asdict(), "withheld": withheld})


def moves(
    view: ReferralView, commands: Commands, permitted: Rights, send_blocks: list[str]
) -> list[MoveView]:
    """The moves that may be made with this half now. A verb is a command where it has a route: `accept` is
    `accept_referral`.
    """
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
