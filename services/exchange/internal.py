"""The one call that another service may make: whether a case is on its way into this cell, and for whom."""

from uuid import UUID

from fastapi import APIRouter

from chassis.access import CASE, require
from chassis.http import Tx, Who
from chassis.policies import Resource
from chassis.standing import NOWHERE, Standing, StandingForm
from services.exchange.store import received

router = APIRouter(tags=["between services"])


@router.post(
    "/internal/v1/cases/{case_id}/standing",
    summary="Whether somebody may do something with a case that was received a moment ago",
)
async def post_standing(case_id: UUID, body: StandingForm, actor: Who, tx: Tx) -> Standing:
    """Intake opens a received case, for its recipient, when it hears of it. Until then only the border knows."""
    require(actor, "internal.standing")
    asking = body.principal(actor)
    recipient = await received.recipient_of(tx, case_id)
    if recipient is None:
        return NOWHERE
    coming = Resource(CASE, str(case_id), actor.cell, recipient, ())
    return Standing(known=True, allowed=actor.policies.weigh(asking, body.action, coming).allowed)
