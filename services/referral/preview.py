"""The one synchronous call of referral: what consent would let through now, for the worker's eyes."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ValidationError

from chassis.problems import Unavailable
from chassis.service import Service
from contracts.types import Code
from services.referral.domain.referral import Referral
from services.referral.queries import WithheldView

CONSENT = "consent"


class Preview(BaseModel):
    """Exactly what would be sent now, what not and why; `refusal` where nothing would."""

    sent: list[Annotated[str, Code("field")]]
    withheld: list[WithheldView]
    refusal: Annotated[str, Code("disclosure_refusal")] | None
    consent_id: UUID | None = None
    revision: int | None = None


async def preview(service: Service, referral: Referral) -> Preview:
    """Outside any transaction. Raises Unavailable when consent does not answer as agreed."""
    url = service.settings.peers.get(CONSENT)
    if url is None:
        raise Unavailable("no address of the consent service is set")
    question = {
        "case_id": str(referral.case_id),
        "purpose": referral.purpose,
        "recipient": referral.recipient,
        "recipient_cell": referral.recipient_cell,
        "recipient_role": referral.recipient_role,
        "fields": list(referral.asked),
        "kind": str(referral.kind),
    }
    headers = {**service.tokens.headers(CONSENT), **service.telemetry.headers()}
    answer = await service.http.post(f"{url}/internal/v1/preview", json=question, headers=headers)
    if answer.status_code != HTTPStatus.OK:
        raise Unavailable("the consent service did not answer the preview")
    try:
        return Preview.model_validate_json(answer.content)
    except ValidationError as error:
        raise Unavailable("the consent service did not answer the preview") from error
