"""Routes of immediate protection: recording it where she cannot be asked, and the second person's review."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from chassis.identity.access import person_of, require
from chassis.identity.auth import Actor
from chassis.service import Running
from chassis.vault.vault import Sealing
from chassis.web.http import Done, IfMatch, Listing, Page, Tx, Who, done, following, one_transaction
from chassis.web.positions import position
from contracts.casefile.text import Paragraph
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.types import KnownCode, OrganisationId
from services.consent import offers, protecting, protection_queries, use_cases
from services.consent.api import ENDS, EndOutcome, remember_end, settled
from services.consent.store import records
from services.consent.use_cases import PreparedConsent

router = APIRouter(tags=["immediate protection"])

REASONS, REVIEWED = "reasons", "review_reasons"
"""The names of the texts where they are kept, under her key."""


class ProtectionForm(Form):
    """The form: to whom, under which law, and why she cannot be asked. The fields and the time are no choice."""

    recipient: OrganisationId
    law: Annotated[str, KnownCode("protection_law")]
    reasons: Annotated[Paragraph, Field(description="what threatens her, and why she cannot be asked")]


class ReviewForm(Form):
    upheld: Annotated[bool, Field(description="false takes back what was disclosed")]
    reasons: Paragraph


async def _prepare(case_id: UUID, body: ProtectionForm, actor: Who, running: Running) -> PreparedConsent:
    terms = protecting.least(body.recipient, running.settings.cell, body.law, running.clock())
    return await _sealed(running, actor, case_id, uuid4(), protecting.RECORD, {REASONS: body.reasons}, terms)


async def _prepare_review(
    consent_id: UUID, body: ReviewForm, actor: Who, running: Running
) -> PreparedConsent:
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await records.case_for(tx, actor, protecting.REVIEW, consent_id)
        terms = (await records.hold(tx, consent_id)).record.terms
    texts = {REVIEWED: body.reasons}
    return await _sealed(running, actor, case_id, consent_id, protecting.REVIEW, texts, terms)


async def _sealed(
    running: Running,
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


@router.post(
    "/v1/cases/{case_id}/protections",
    status_code=201,
    summary="Record that a law allows her immediate protection while she cannot be asked",
)
async def record_protection(
    case_id: UUID,
    body: ProtectionForm,  # noqa: ARG001  # the dependency reads it
    actor: Who,
    prepared: Annotated[PreparedConsent, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> Done:
    """She is then handed over by a transfer as with her consent, and the least goes. Her word ends the protection:
    `withdraw`.
    """
    record = await protecting.protect(tx, actor, case_id, prepared)
    return done(tx, response, record.id, record.revision, status=201, location=f"/v1/protections/{record.id}")


@router.get(
    "/v1/protections", summary="Immediate protections that no second person has looked at, oldest first"
)
async def list_protections(actor: Who, tx: Tx, page: Page) -> Listing[protection_queries.UnreviewedView]:
    require(actor, protecting.REVIEW)
    items = await protection_queries.unreviewed(tx, actor, position(page.after), page.limit)
    return Listing(items=items, next=following(items, page, "recorded_at", "consent_id"))


@router.get("/v1/protections/{consent_id}", summary="An immediate protection with its reasons")
async def get_protection(
    consent_id: UUID, actor: Who, running: Running, response: Response
) -> protection_queries.ProtectionView:
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await records.case_for(tx, actor, protecting.REVIEW, consent_id)
        found = await protection_queries.one(tx, consent_id)
        moves = await offers.of_record(tx, actor, running, consent_id)
        person_id = await person_of(tx, case_id)
        tx.say(RecordReadV1(case_id=case_id, resource="consent", resource_id=consent_id))
    place = Sealing(person_id, f"consent.{REASONS}", consent_id, found.sealed_reasons)
    (reasons,) = await running.vault.open_many([place])
    response.headers["Cache-Control"] = "no-store"
    return protection_queries.ProtectionView(**found.view, reasons=reasons, moves=moves)


@router.post(
    "/v1/protections/{consent_id}/review", summary="A second person has looked at the reasons", responses=ENDS
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
