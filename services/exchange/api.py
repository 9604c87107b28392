"""Routes for people: agreements in force, the state of each partner, and envelopes by their metadata."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import PlainTextResponse

from chassis.identity.access import CaseUnheard, holder_of, require, rights_of
from chassis.problems import NotFound
from chassis.service import Service, running_service
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.moves import Offer
from chassis.web.positions import identifier, instant, positioned
from contracts.events.access import LogReadV1, RecordReadV1
from contracts.types import Cell
from services.exchange import queries
from services.exchange.border_state import limits
from services.exchange.queries import AgreementView, EnvelopeView, PartnerView, Position, ReceiptView
from services.exchange.settings import Settings
from services.exchange.store import extracts
from services.exchange.use_cases.distrust import DISTRUST

router = APIRouter(tags=["exchange"])
Running = Annotated[Service[Settings], Depends(running_service)]

AgreementId = Annotated[str, Path(pattern=r"^[a-z0-9\-]{1,60}$")]
BEGINNING: Position = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0), UUID(int=0))


@router.get("/v1/agreements", summary="The agreements as signed: cells, purposes, fields, process codes")
async def list_agreements(actor: Who, tx: Tx, page: Page, service: Running) -> Listing[AgreementView]:
    require(actor, "agreement.read")
    (after,) = positioned(page.after, identifier) or ("",)
    items = await queries.agreements(tx, after, page.limit)
    for item in items:
        offer = Offer("suspend_agreement", DISTRUST, not item.suspended)
        item.moves = service.commands.open([offer], rights_of(actor), agreement_id=item.id)
    return Listing(items=items, next=following(items, page, "id"))


@router.get(
    "/v1/agreements/{agreement_id}", summary="One agreement, in its current version or in an earlier one"
)
async def get_agreement(
    agreement_id: AgreementId,
    actor: Who,
    tx: Tx,
    version: Annotated[
        int | None, Query(ge=1, lt=2**31, description="as a disclosure names it; without it the current one")
    ] = None,
) -> AgreementView:
    require(actor, "agreement.read")
    found = await queries.agreement(tx, agreement_id, version)
    if found is None:
        raise NotFound
    return found


@router.get(
    "/v1/partners", summary="Each partner: present or not, what waits for a receipt, why nothing is sealed"
)
async def list_partners(actor: Who, tx: Tx, service: Running) -> Listing[PartnerView]:
    require(actor, "agreement.read")
    settings = service.settings
    cells = sorted(settings.partners)
    async with tx.of_everybody():  # the counts are of the whole cell
        items = await queries.partners_view(tx, cells, settings.cell, limits(settings))
    return Listing(items=items)


@router.get("/v1/envelopes", summary="Envelopes out and in, oldest first; metadata only")
async def list_envelopes(
    actor: Who,
    tx: Tx,
    page: Page,
    service: Running,
    case_id: Annotated[UUID | None, Query(description="only what is about this case of this cell")] = None,
    partner: Annotated[
        Cell | None, Query(description="only what went to this partner or came from it")
    ] = None,
) -> Listing[EnvelopeView]:
    """404 for a case that is not here, and for a cell that is no partner: an empty page would say that nothing of it crossed."""
    require(actor, "envelope.read")
    if partner is not None and partner not in service.settings.partners:
        raise NotFound
    after = positioned(page.after, instant, UUID, UUID) or BEGINNING
    async with tx.of_everybody():  # an operator sees those of the whole cell
        items = await queries.envelopes(tx, case_id, partner, after, page.limit)
        if case_id is not None and not items and await holder_of(tx, case_id) is None:
            raise CaseUnheard(actor, "envelope.read", case_id)
    tx.say(LogReadV1(view="envelopes", sought_case=case_id))
    if case_id is not None and items:
        tx.say(RecordReadV1(case_id=case_id, resource="envelope"))
    return Listing(items=items, next=following(items, page, "at", "envelope_id", "item_id"))


@router.get(
    "/v1/items/{item_id}/receipts",
    summary="The partner's receipts for an item of ours, oldest first, each with the text that it signed",
)
async def list_receipts(item_id: UUID, actor: Who, tx: Tx) -> Listing[ReceiptView]:
    require(actor, "envelope.read")
    async with tx.of_everybody():
        found = await queries.receipts(tx, item_id)
    if found is None:
        raise NotFound
    case_id, items = found
    if case_id is None:
        tx.say(LogReadV1(view="envelopes", sought_id=item_id))
    else:
        tx.say(RecordReadV1(case_id=case_id, resource="envelope", resource_id=item_id))
    return Listing(items=items)


@router.get(
    "/v1/extracts/{request_id}",
    summary="What the partner's auditor released to ours, as it was signed there: one JWS a line, for `corridor check-extract`",
    response_class=PlainTextResponse,
)
async def export_extract(request_id: UUID, actor: Who, tx: Tx) -> PlainTextResponse:
    """404 until a part has come. A part that did not hold is handed out too: its sender signed it."""
    require(actor, "extract.request")
    async with tx.of_everybody():
        found = await extracts.evidence(tx, request_id)
    if not found:
        raise NotFound
    tx.say(LogReadV1(view="extracts", sought_id=request_id))
    name = f"corridor-extract-{request_id}.jws"
    content = "".join(f"{line}\n" for line in found)
    return PlainTextResponse(content, headers={"Content-Disposition": f'attachment; filename="{name}"'})
