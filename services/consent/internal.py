"""Routes for other services: the worker's preview, the token at sealing, and whether a grant still stands."""

from uuid import UUID

from fastapi import APIRouter

from chassis.identity.access import require
from chassis.web.http import Tx, Who
from contracts.events.access import RecordReadV1
from contracts.internal import PREFIX, Preview, PreviewQuestion, ReadingGrant, SealToken, SealTokenQuestion
from services.consent import queries, use_cases
from services.consent.domain.authorisation import TokenRequest
from services.consent.domain.request import Request
from services.consent.parts import Running

router = APIRouter(prefix=PREFIX, tags=["between services"])


@router.post("/preview", summary="What would be sent, what not and why")
async def preview_disclosure(body: PreviewQuestion, actor: Who, tx: Tx, running: Running) -> Preview:
    require(actor, "internal.preview")
    request = Request(
        referral_id=UUID(int=0),  # there is no referral yet
        case_id=body.case_id,
        purpose=body.purpose,
        sender=actor.organisation,
        recipient=body.recipient,
        recipient_cell=body.recipient_cell,
        recipient_role=body.recipient_role,
        service="",
        urgency="",
        fields=tuple(body.fields),
        kind=body.kind,
    )
    view = await queries.preview(tx, running.settings.cell, request)
    tx.say(RecordReadV1(case_id=body.case_id, resource="preview", fields=tuple(view.sent)))
    return view


@router.post(
    "/disclosures/{disclosure_id}/seal-token", summary="Leave to seal this disclosure, for ten seconds"
)
async def issue_seal_token(
    disclosure_id: UUID, body: SealTokenQuestion, actor: Who, tx: Tx, running: Running
) -> SealToken:
    require(actor, "internal.seal-token")
    wanted = TokenRequest(body.recipient, body.revision, body.fields_hash)
    signer, cell = running.parts.signer, running.settings.cell
    return SealToken(token=await use_cases.issue_seal_token(tx, signer, cell, disclosure_id, wanted))


@router.get("/grants/{disclosure_id}", summary="Whether received fields may still be read")
async def get_grant(disclosure_id: UUID, actor: Who, tx: Tx) -> ReadingGrant:
    require(actor, "internal.granted")
    grant = await queries.grant(tx, disclosure_id)
    return ReadingGrant(
        disclosure_id=disclosure_id,
        granted=grant.granted,
        purpose=grant.purpose,
        fields=grant.fields,
        closed_for=grant.closed_for,
    )
