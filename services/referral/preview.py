"""The one synchronous call of referral: the fields that consent would let through now, for the worker's eyes."""

from chassis.service import Service
from contracts.internal import PREVIEW, Preview, PreviewQuestion
from services.referral.domain.referral import Referral


async def preview(service: Service, referral: Referral) -> Preview:
    """The preview, asked outside any transaction. Raises Unavailable when consent does not answer as agreed."""
    question = PreviewQuestion(
        case_id=referral.case_id,
        purpose=referral.purpose,
        recipient=referral.recipient,
        recipient_cell=referral.recipient_cell,
        recipient_role=referral.recipient_role,
        fields=list(referral.asked),
        kind=str(referral.kind),
    )
    return await service.peers.ask(PREVIEW, question=question)
