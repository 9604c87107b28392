"""Routes: break-glass. Somebody without a right to a case sees the least of it in an emergency; its supervisors
review that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import position
from contracts.casefile.fields import FieldValue, from_text
from contracts.casefile.reference import ShownReference
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import Code, KnownCode
from services.intake.casefile import queries
from services.intake.casefile.domain.field_classes import FLAGS_CLASS, GLASS
from services.intake.casefile.domain.glass import BrokenGlass, shown
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealed_rows import BrokenGlassRow
from services.intake.casefile.sealing import open_fields, open_json, seal_json
from services.intake.casefile.store import glass
from services.intake.casefile.store.glass import SealedLeast

router = APIRouter(tags=["break-glass"])


class GlassForm(Form):
    """The emergency, and why nobody who has the case can be asked. Both are sealed and read by the reviewer."""

    emergency: Annotated[str, KnownCode("emergency")]
    reason: Paragraph


@dataclass(frozen=True, slots=True)
class _SealedBreaking:
    id: UUID
    why: str


async def _prepare(case_id: UUID, body: GlassForm, actor: Who, service: Running) -> _SealedBreaking:
    """Seal under the person's key before the transaction, for a person who may break the glass."""
    async with service.database.transaction(actor.origin()) as tx:
        await glass.may_break(tx, actor, case_id)
        person_id = (await glass.least(tx, case_id)).person_id
    glass_id = uuid4()
    return _SealedBreaking(
        glass_id, await seal_json(service.vault, person_id, GLASS, glass_id, body.model_dump())
    )


@router.post(
    "/v1/cases/{case_id}/break-glass",
    status_code=201,
    summary="In an emergency: open the least of a case that is not yours for an hour; its supervisors are told at once",
)
async def break_glass(
    case_id: UUID,
    actor: Who,
    prepared: Annotated[_SealedBreaking, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> Done:
    await glass.may_break(tx, actor, case_id)
    await glass.least(tx, case_id)  # still open
    broken = BrokenGlass(prepared.id, case_id, actor.subject, actor.organisation, tx.now)
    await glass.insert(tx, broken, prepared.why)
    return done(tx, response, broken.id, status=201, location=f"/v1/cases/{case_id}/emergency")


class EmergencyView(BaseModel):
    """The least that helps her now. Nothing of it came from another country."""

    case_id: UUID
    case_reference: ShownReference
    until: datetime
    flags: list[str]
    fields: dict[str, FieldValue]


@router.get(
    "/v1/cases/{case_id}/emergency", summary="What you may see of a case on which you broke the glass; logged"
)
async def get_emergency(case_id: UUID, actor: Who, service: Running, response: Response) -> EmergencyView:
    async with service.database.transaction(actor.origin()) as tx:
        broken = await glass.open_for(tx, actor, case_id)
        why, sealed = await glass.reason_of(tx, broken.id), await glass.least(tx, case_id)
    view = await _opened(service, broken, why, sealed)
    async with service.database.transaction(actor.origin()) as tx:
        await glass.open_for(tx, actor, case_id)  # still open, now that it is shown
        tx.say(record_read(case_id, "emergency", broken.id, tuple(view.fields)))
    response.headers["Cache-Control"] = "no-store"
    return view


async def _opened(service: Service, broken: BrokenGlass, why: str, sealed: SealedLeast) -> EmergencyView:
    vault, person_id = service.vault, sealed.person_id
    (said,) = await open_json(vault, [Sealing(person_id, GLASS, broken.id, why)])
    allowed = shown("" if said is None else said["emergency"])
    values = {name: value for name, value in sealed.fields.items() if name in allowed}
    texts = await open_fields(vault, person_id, broken.case_id, values)
    flags: Mapping[str, str] = {}
    if sealed.flags is not None:
        flags = await open_fields(vault, person_id, broken.case_id, {FLAGS_CLASS: sealed.flags})
    return EmergencyView(
        case_id=broken.case_id,
        case_reference=sealed.case_reference,
        until=broken.until,
        flags=json.loads(flags.get(FLAGS_CLASS, "[]")),
        fields={name: from_text(name, text) for name, text in texts.items()},
    )


class GlassView(BaseModel):
    """`by` of `organisation` broke it. `emergency` and `reason` are null where the person's key was destroyed."""

    id: UUID
    case_id: UUID
    case_reference: ShownReference
    by: str
    organisation: str
    at: datetime
    until: datetime
    emergency: Annotated[str, Code("emergency")] | None
    reason: str | None
    review: Annotated[str, Code("glass_review")] | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    moves: list[MoveView]


@router.get(
    "/v1/break-glass", summary="Where the glass was broken on your organisation's cases, newest first"
)
async def list_broken_glass(
    actor: Who,
    service: Running,
    page: Page,
    response: Response,
    reviewed: Annotated[bool | None, Query(description="only those that were reviewed, or that wait")] = None,
) -> Listing[GlassView]:
    require(actor, glass.REVIEW, organisation=actor.organisation)
    async with service.database.transaction(actor.origin()) as tx:
        rows = await queries.broken_glass(
            tx, actor, reviewed=reviewed, after=position(page.after), limit=page.limit
        )
        for row in rows:
            tx.say(record_read(row.case_id, "break-glass", row.id))
    sealed = [Sealing(row.person_id, GLASS, row.id, row.reason) for row in rows]
    said = await open_json(service.vault, sealed)
    response.headers["Cache-Control"] = "no-store"
    items = [_view(row, why or {}, actor, service) for row, why in zip(rows, said, strict=True)]
    return Listing(items=items, next=following(rows, page, "at", "id"))


def _view(row: BrokenGlassRow, why: Mapping[str, str], actor: Actor, service: Service) -> GlassView:
    """The view of one breaking. Only those that this person reviews are listed, so the right to them was asked for."""
    broken = BrokenGlass(row.id, row.case_id, row.by, row.organisation, row.at, row.review)
    review = Offer("review_glass", glass.REVIEW, not broken.is_of(actor.subject, actor.organisation))
    return GlassView(
        id=broken.id,
        case_id=broken.case_id,
        case_reference=row.case_reference,
        by=broken.by,
        organisation=broken.organisation,
        at=broken.at,
        until=broken.until,
        emergency=why.get("emergency"),
        reason=why.get("reason"),
        review=broken.review,
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by,
        moves=service.commands.open([review], lambda _: True, glass_id=broken.id),
    )


class ReviewForm(Form):
    result: Annotated[str, KnownCode("glass_review")]


@router.post(
    "/v1/break-glass/{glass_id}/review",
    summary="Say whether it was right; the last review counts",
)
async def review_glass(glass_id: UUID, body: ReviewForm, actor: Who, tx: Tx, response: Response) -> Done:
    await glass.review(tx, actor, glass_id, body.result)
    return done(tx, response, glass_id)
