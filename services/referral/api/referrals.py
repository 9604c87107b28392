"""Drafts, the worklist, one referral, and the preview of what would be disclosed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from chassis.identity.access import require, require_case, rights_in
from chassis.identity.closed import is_closed
from chassis.service import Running
from chassis.web.http import Done, Page, Tx, Who, done, etag, following
from chassis.web.listing import CountedListing, CountQuery, Order, SortQuery
from chassis.web.moves import Offer
from chassis.web.named import require_named
from chassis.web.positions import position
from chassis.web.worklist import RowQuery, count_of, page_of
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.internal import Preview
from contracts.types import CaseId, ChosenCode, KnownCode, OrganisationId
from services.referral import queries, use_cases
from services.referral.domain.states import Half, Kind, State
from services.referral.preview import preview
from services.referral.store import referrals
from services.referral.use_cases import DraftRequest

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])

HalfQuery = Annotated[
    Half | None, Query(description="the sender's or the receiver's; default: your organisation's")
]


class ReferralForm(Form):
    """The request of a draft. `fields` are names of case-file fields; consent decides which of them are sent.

    A `transfer` hands the case over to another organisation of the country, once that has accepted it.
    """

    case_id: CaseId
    recipient: OrganisationId
    service: Annotated[str, KnownCode("service")]
    purpose: Annotated[str, ChosenCode("purpose")]
    urgency: Annotated[str, KnownCode("urgency")]
    fields: Annotated[list[Annotated[str, KnownCode("field")]], Field(min_length=1, max_length=200)]
    kind: Annotated[str, KnownCode("referral_kind")] = Kind.REFERRAL


@router.post("", status_code=201, summary="Draft a referral; nobody is told yet")
async def draft_referral(
    body: ReferralForm, actor: Who, tx: Tx, running: Running, response: Response
) -> Done:
    asked = DraftRequest(
        case_id=body.case_id,
        recipient=body.recipient,
        service=body.service,
        purpose=body.purpose,
        urgency=body.urgency,
        fields=tuple(sorted(set(body.fields))),
        kind=Kind(body.kind),
    )
    referral = await use_cases.draft_referral(tx, actor, running.settings.cell, asked)
    location = f"/v1/referrals/{referral.id}"
    return done(tx, response, referral.id, referral.version, status=201, location=location)


@router.get("", summary="Your organisation's referrals on cases that you may read")
async def list_referrals(
    actor: Who,
    tx: Tx,
    running: Running,
    page: Page,
    filters: Annotated[queries.ReferralFilters, Depends()],
    sort: SortQuery = Order.NEWEST,
    count: CountQuery = False,
) -> CountedListing[queries.ListedReferral]:
    require(actor, "referral.read", organisation=actor.organisation)
    asked = RowQuery(filters.asked(), sort)
    items = await page_of(tx, actor, queries.WORKLIST, asked, after=position(page.after), limit=page.limit)
    await require_named(tx, actor, "referral.read", asked.filters, items, page)
    draft = Offer("draft_referral", referrals.DRAFT)
    return CountedListing(
        items=items,
        next=following(items, page, "sorted_at", "referral_id"),
        moves=running.commands.open([draft], await rights_in(tx, actor, filters.case_id)),
        count=await count_of(tx, actor, queries.WORKLIST, asked) if count else None,
    )


@router.get("/{referral_id}", summary="One half of a referral; the reading is logged")
async def get_referral(
    referral_id: UUID, actor: Who, tx: Tx, running: Running, response: Response, half: HalfQuery = None
) -> queries.ReferralView:
    meant = await referrals.half_of(tx, actor, referral_id, half)
    await require_case(tx, actor, "referral.read", meant.case_id)
    view = await queries.referral(tx, referral_id, meant.half)
    tx.say(RecordReadV1(case_id=meant.case_id, resource="referral", resource_id=referral_id))
    response.headers["ETag"] = etag(view.version)
    draft = meant.half is Half.OUTGOING and view.state == State.DRAFT
    asked = (view.case_id, view.recipient, view.service, view.kind)
    blocks = await use_cases.send_blocks(tx, *asked) if draft else []
    closed, permitted = await is_closed(tx, view.case_id), await rights_in(tx, actor, view.case_id)
    view.moves = queries.moves(view, running.commands, permitted, blocks, closed=closed)
    return view


@router.get("/{referral_id}/preview", summary="Exactly what would be disclosed now, what not and why")
async def preview_referral(referral_id: UUID, actor: Who, running: Running) -> Preview:
    """Read in one short transaction, then ask consent with none open."""
    async with running.database.transaction(actor.origin()) as tx:
        referral = await use_cases.referral_to_preview(tx, actor, referral_id)
        tx.say(RecordReadV1(case_id=referral.case_id, resource="preview", resource_id=referral_id))
    return await preview(running, referral)
