"""Routes of immediate protection: asking for it where she cannot be asked, the second person's approval, the third
one's review.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from chassis.identity.access import person_of, require
from chassis.identity.auth import Actor
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import (
    Done,
    IfMatch,
    Listing,
    Page,
    SeenExactly,
    SeenShown,
    Tx,
    Who,
    done,
    etag,
    following,
    one_transaction,
)
from chassis.web.positions import position
from contracts.casefile.text import Paragraph
from contracts.disclosure import fields_hash
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.types import Code, KnownCode, OrganisationId
from services.consent import offers, protecting, protection_queries, use_cases
from services.consent.api import ENDS, EndOutcome, remember_end, settled
from services.consent.protection_queries import (
    DECLINED,
    REASONS,
    REVIEWED,
    Awaits,
    ListedProtection,
    ProtectionView,
)
from services.consent.store import records
from services.consent.use_cases import PreparedConsent

router = APIRouter(tags=["immediate protection"])


class ProtectionForm(Form):
    """The form: to whom, under which law, and why she cannot be asked. The fields and the time are no choice."""

    recipient: OrganisationId
    law: Annotated[str, KnownCode("protection_law")]
    reasons: Annotated[Paragraph, Field(description="what threatens her, and why she cannot be asked")]


class DeclineForm(Form):
    reasons: Annotated[Paragraph, Field(description="why not, for whoever asked; or why it is taken back")]


class ReviewForm(Form):
    upheld: Annotated[bool, Field(description="false takes back what was disclosed")]
    reasons: Paragraph


async def _prepare(case_id: UUID, body: ProtectionForm, actor: Who, running: Running) -> PreparedConsent:
    terms = protecting.least(body.recipient, running.settings.cell, body.law, running.clock())
    return await _sealed(running, actor, case_id, uuid4(), protecting.REQUEST, {REASONS: body.reasons}, terms)


async def _prepare_decline(
    consent_id: UUID, body: DeclineForm, actor: Who, running: Running
) -> PreparedConsent:
    async with running.database.transaction(actor.origin()) as tx:
        action = await protecting.right_to_look(tx, actor, consent_id)
    return await _of_record(running, actor, consent_id, action, {DECLINED: body.reasons})


async def _prepare_review(
    consent_id: UUID, body: ReviewForm, actor: Who, running: Running
) -> PreparedConsent:
    return await _of_record(running, actor, consent_id, protecting.REVIEW, {REVIEWED: body.reasons})


async def _of_record(
    running: Service, actor: Actor, consent_id: UUID, action: str, texts: dict[str, str]
) -> PreparedConsent:
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await records.case_for(tx, actor, action, consent_id)
        terms = (await records.record_of(tx, consent_id)).terms
    return await _sealed(running, actor, case_id, consent_id, action, texts, terms)


async def _sealed(
    running: Service,
    actor: Actor,
    case_id: UUID,
    consent_id: UUID,
    action: str,
    texts: dict[str, str],
    terms: Any,
) -> PreparedConsent:
    sealed = await use_cases.seal_names(
        running.database, running.vault, actor, case_id, consent_id, texts, action=action
    )
    return PreparedConsent(consent_id, terms, sealed)


class RequestedProtection(Done):
    """The answer: the request is out, nothing is disclosed yet, and these may approve it."""

    state: Annotated[str, Code("consent_state")]
    approve_until: datetime
    may_approve: Annotated[
        list[str], Field(description="each of them is told; nobody: the operators of the cell are")
    ]


@router.post(
    "/v1/cases/{case_id}/protections",
    status_code=201,
    summary="Ask for the immediate protection of one who cannot be asked; a second person approves it",
)
async def request_protection(
    case_id: UUID,
    body: ProtectionForm,  # noqa: ARG001  # the dependency reads it
    actor: Who,
    prepared: Annotated[PreparedConsent, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> RequestedProtection:
    """Nothing is disclosed before the approval. She is then handed over by a transfer as with her consent, and the least
    goes. Her word ends it: `withdraw`. A repeat under the same key answers the identifier alone; its view has the rest.
    """
    record = await protecting.request(tx, actor, case_id, prepared)
    where = f"/v1/protections/{record.id}"
    made = done(tx, response, record.id, record.revision, status=201, location=where)
    return RequestedProtection(
        id=made.id,
        version=made.version,
        state=record.state,
        approve_until=record.terms.valid_until,
        may_approve=await protecting.may_approve(tx, actor, record),
    )


@router.get(
    "/v1/protections",
    summary="Immediate protections that wait for a second person's approval or a third one's review, oldest first",
)
async def list_protections(
    actor: Who,
    tx: Tx,
    running: Running,
    page: Page,
    awaits: Annotated[Awaits | None, Query()] = None,
) -> Listing[ListedProtection]:
    require(actor, protecting.APPROVE)
    only = protection_queries.ProtectionFilter(awaits)
    found = await protection_queries.waiting(tx, actor, only, position(page.after), page.limit)
    items = [
        ListedProtection(**row, moves=await offers.of_record(tx, actor, running, row["consent_id"]))
        for row in found
    ]
    return Listing(items=items, next=following(items, page, "requested_at", "consent_id"))


@router.get(
    "/v1/protections/{consent_id}",
    summary="An immediate protection: its reasons, what goes, field by field, and to whom",
)
async def get_protection(
    consent_id: UUID, actor: Who, running: Running, response: Response
) -> ProtectionView:
    async with running.database.transaction(actor.origin()) as tx:
        action = await protecting.right_to_look(tx, actor, consent_id)
        case_id = await records.case_for(tx, actor, action, consent_id)
        found = await protection_queries.one(tx, consent_id)
        disclosed = await protection_queries.disclosed(tx, actor, consent_id)
        moves = await offers.of_record(tx, actor, running, consent_id)
        may_approve = await protecting.may_approve(tx, actor, await records.record_of(tx, consent_id))
        person_id = await person_of(tx, case_id)
        tx.say(RecordReadV1(case_id=case_id, resource="consent", resource_id=consent_id))
    places = [Sealing(person_id, f"consent.{what}", consent_id, text) for what, text in found.texts.items()]
    opened = dict(zip(found.texts, await running.vault.open_many(places), strict=True))
    shown = fields_hash(disclosed.sent) if found.view["awaits"] == Awaits.APPROVAL else None
    response.headers.update({"Cache-Control": "no-store", "ETag": etag(found.view["revision"], shown)})
    texts = {REASONS: opened.get(REASONS), DECLINED: opened.get(DECLINED)}
    return ProtectionView(**found.view, **texts, disclosed=disclosed, moves=moves, may_approve=may_approve)


@router.post(
    "/v1/protections/{consent_id}/approve",
    summary="A second person has seen what would be disclosed and to whom, and approves it",
)
async def approve_protection(
    consent_id: UUID, actor: Who, tx: Tx, expected: SeenExactly, shown: SeenShown, response: Response
) -> Done:
    """`If-Match` says which request was read, and that these fields would go; `*` says of none."""
    record = await protecting.approve(tx, actor, consent_id, expected, shown)
    return done(tx, response, record.id, record.revision)


@router.post(
    "/v1/protections/{consent_id}/decline",
    summary="A second person refuses it, or whoever asked for it takes that back",
)
async def decline_protection(
    consent_id: UUID,  # noqa: ARG001  # the dependency reads it
    body: DeclineForm,  # noqa: ARG001
    actor: Who,
    prepared: Annotated[PreparedConsent, Depends(_prepare_decline)],
    tx: Tx,
    response: Response,
) -> Done:
    record = await protecting.decline(tx, actor, prepared)
    return done(tx, response, record.id, record.revision)


@router.post(
    "/v1/protections/{consent_id}/review", summary="A third person has looked at the reasons", responses=ENDS
)
async def review_protection(
    consent_id: UUID,  # noqa: ARG001  # the dependency reads it
    body: ReviewForm,
    actor: Who,
    prepared: Annotated[PreparedConsent, Depends(_prepare_review)],
    running: Running,
    request: Request,
    expected: IfMatch,
    response: Response,
) -> EndOutcome:
    async with one_transaction(request, actor) as tx:
        record = await protecting.review(tx, actor, prepared, expected, upheld=body.upheld)
        remember_end(tx, response, record)
    return await settled(running, actor.origin(), record, response)
