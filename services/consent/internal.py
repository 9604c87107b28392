"""Routes for other services: the worker's preview, the token at sealing, and whether a grant still stands."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.identity.access import require
from chassis.service import Running
from chassis.web.http import Tx, Who
from contracts.disclosure import REFERRAL
from contracts.events.access import RecordReadV1
from contracts.types import CaseId, Cell, Code, KnownCode, OrganisationId, Sha256
from services.consent import queries, use_cases
from services.consent.domain.authorisation import Wanted
from services.consent.domain.disclosure import Request
from services.consent.signing import signer_of

router = APIRouter(prefix="/internal/v1", tags=["between services"])


class PreviewForm(BaseModel):
    """The question of a referral before it is sent. A field that nobody knows is answered as withheld."""

    model_config = ConfigDict(extra="forbid")

    case_id: CaseId
    purpose: Annotated[str, KnownCode("purpose")]
    recipient: OrganisationId
    recipient_cell: Cell
    recipient_role: Annotated[str, KnownCode("recipient_role")]
    fields: Annotated[list[Annotated[str, Code("field")]], Field(min_length=1, max_length=200)]
    kind: Annotated[str, KnownCode("referral_kind")] = REFERRAL


class SealTokenForm(BaseModel):
    """Exactly what is about to be sealed."""

    model_config = ConfigDict(extra="forbid")

    recipient: OrganisationId
    revision: Annotated[int, Field(ge=1)]
    fields_hash: Sha256


class SealToken(BaseModel):
    token: str


class Granted(BaseModel):
    disclosure_id: UUID
    granted: bool
    purpose: str | None
    fields: list[str]
    closed_for: Annotated[
        Annotated[str, Code("recall_reason")] | None, Field(description="why it was taken back")
    ]


@router.post("/preview", summary="What would be sent, what not and why")
async def preview_disclosure(body: PreviewForm, actor: Who, tx: Tx, running: Running) -> queries.PreviewView:
    require(actor, "internal.preview")
    request = Request(
        referral_id=UUID(int=0),  # there is none yet
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
    disclosure_id: UUID, body: SealTokenForm, actor: Who, tx: Tx, running: Running
) -> SealToken:
    require(actor, "internal.seal-token")
    wanted = Wanted(body.recipient, body.revision, body.fields_hash)
    signer, cell = signer_of(running), running.settings.cell
    return SealToken(token=await use_cases.issue_seal_token(tx, signer, cell, disclosure_id, wanted))


@router.get("/grants/{disclosure_id}", summary="Whether received fields may still be read")
async def get_grant(disclosure_id: UUID, actor: Who, tx: Tx) -> Granted:
    require(actor, "internal.granted")
    grant = await queries.grant(tx, disclosure_id)
    return Granted(
        disclosure_id=disclosure_id,
        granted=grant.granted,
        purpose=grant.purpose,
        fields=grant.fields,
        closed_for=grant.closed_for,
    )
