"""The calls that another service may make: consent fences a disclosure that it recalled; others ask about a case that
only the border knows.
"""

from uuid import UUID

from fastapi import APIRouter

from chassis.identity.access import CASE, require
from chassis.identity.policies import Resource
from chassis.identity.standing import principal
from chassis.web.http import Tx, Who
from contracts.internal import NOWHERE, PREFIX, CaseStanding, FenceAnswer, FenceQuestion, StandingQuestion
from services.exchange.store import received
from services.exchange.use_cases.fence_disclosure import RecalledDisclosure, fence

router = APIRouter(prefix=PREFIX, tags=["between services"])


@router.post(
    "/disclosures/{disclosure_id}/fence",
    summary="Seal nothing of this disclosure any more; answers when that is certain, 503 while one is being sealed",
)
async def fence_disclosure(disclosure_id: UUID, body: FenceQuestion, actor: Who, tx: Tx) -> FenceAnswer:
    require(actor, "internal.fence")
    recalled = RecalledDisclosure(disclosure_id, body.case_id, body.referral_id, body.reason)
    return FenceAnswer(disclosure_id=disclosure_id, sealed=await fence(tx, recalled))


@router.post(
    "/cases/{case_id}/standing",
    summary="Whether somebody may do something with a case that was received a moment ago",
)
async def ask_standing(case_id: UUID, body: StandingQuestion, actor: Who, tx: Tx) -> CaseStanding:
    """Intake opens a received case, for its recipient, when it hears of it. Until then only the border knows."""
    require(actor, "internal.standing")
    asking = principal(body, actor)
    recipient = await received.recipient_of(tx, case_id)
    if recipient is None:
        return NOWHERE
    coming = Resource(CASE, str(case_id), actor.cell, recipient, ())
    return CaseStanding(known=True, allowed=actor.policies.weigh(asking, body.action, coming).allowed)
