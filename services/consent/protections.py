"""Routes of immediate protection: recording it where she cannot be asked, and the second person's review."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from chassis.access import require, visible_cases
from chassis.auth import Actor
from chassis.database import Transaction
from chassis.http import Done, IfMatch, Listing, Page, Tx, Who, cursor, done, one_transaction
from chassis.positions import instant, positioned
from chassis.problems import NotFound, Unavailable
from chassis.service import Running
from chassis.vault import Sealing
from contracts.events.access import RecordReadV1
from contracts.protection import protection
from contracts.text import Paragraph
from contracts.types import Code, KnownCode, OrganisationId
from services.consent import protecting, store, use_cases
from services.consent.api import Ended, remember_end, settled
from services.consent.use_cases import Prepared

router = APIRouter(tags=["immediate protection"])

REASONS, REVIEWED = "reasons", "review_reasons"
"""What the texts are called where they are kept, under her key."""


class ProtectionForm(BaseModel):
    """To whom, under which law, and why she cannot be asked. What goes and for how long is no choice."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    recipient: OrganisationId
    law: Annotated[str, KnownCode("protection_law")]
    reasons: Annotated[Paragraph, Field(description="what threatens her, and why she cannot be asked")]


class ReviewForm(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    upheld: Annotated[bool, Field(description="false takes back what was disclosed")]
    reasons: Paragraph


class Unreviewed(BaseModel):
    """An immediate protection whose reasons no second person has looked at."""

    consent_id: UUID
    case_id: UUID
    state: Annotated[str, Code("consent_state")]
    law: Annotated[str, Code("protection_law")]
    recipients: list[str]
    recorded_by: str
    recorded_at: datetime
    review_due: datetime
    overdue: bool
    valid_until: datetime


class ProtectionView(Unreviewed):
    reasons: str | None
    reviewed_by: str | None
    upheld: bool | None


_COLUMNS = """
    r.id as consent_id, r.case_id, r.state, r.terms ->> 'law' as law, r.created_at as recorded_at, r.valid_until,
    array(select jsonb_array_elements(r.terms -> 'recipients') ->> 'organisation') as recipients,
    (select v.body ->> 'by' from consent.revisions v where v.consent_id = r.id and v.number = 1) as recorded_by,
    r.created_at + :within as review_due,
    r.terms ->> 'reviewed_by' is null and r.created_at + :within < clock_timestamp() as overdue
"""
_PROTECTIONS = "r.terms ->> 'legal_basis' = 'immediate-protection'"
_ONE = text(
    f"select {_COLUMNS}, r.terms ->> 'reviewed_by' as reviewed_by, (r.terms ->> 'upheld')::boolean as upheld,"
    f" r.sealed ->> 'reasons' as reasons from consent.records r where {_PROTECTIONS} and r.id = :id"
)


async def _prepare(case_id: UUID, body: ProtectionForm, actor: Who, running: Running) -> Prepared:
    terms = protecting.least(body.recipient, running.settings.cell, body.law, running.clock())
    return await _sealed(running, actor, case_id, uuid4(), protecting.RECORD, {REASONS: body.reasons}, terms)


async def _prepare_review(consent_id: UUID, body: ReviewForm, actor: Who, running: Running) -> Prepared:
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await store.case_for(tx, actor, protecting.REVIEW, consent_id)
        terms = (await store.hold(tx, consent_id)).record.terms
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
) -> Prepared:
    if running.vault is None:
        raise Unavailable
    sealed = await use_cases.seal_names(
        running.database, running.vault, actor, case_id, consent_id, texts, action=action
    )
    return Prepared(consent_id, terms, sealed)


@router.post(
    "/v1/cases/{case_id}/protections",
    status_code=201,
    summary="Record that a law allows her immediate protection while she cannot be asked",
)
async def post_protection(
    case_id: UUID,
    body: ProtectionForm,  # noqa: ARG001  # the dependency reads it
    actor: Who,
    prepared: Annotated[Prepared, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> Done:
    """She is then handed over by a transfer as with her consent, and the least goes. Her word ends it: `withdraw`."""
    record = await protecting.protect(tx, actor, case_id, prepared)
    return done(tx, response, record.id, record.revision, status=201, location=f"/v1/protections/{record.id}")


@router.get(
    "/v1/protections", summary="Immediate protections that no second person has looked at, oldest first"
)
async def get_protections(actor: Who, tx: Tx, page: Page) -> Listing[Unreviewed]:
    require(actor, protecting.REVIEW)
    items = await _unreviewed(tx, actor, positioned(page.after, instant, UUID), page.limit)
    last = items[-1] if len(items) == page.limit else None
    return Listing(items=items, next=cursor(last.recorded_at.isoformat(), last.consent_id) if last else None)


async def _unreviewed(
    tx: Transaction, actor: Actor, after: tuple[Any, ...] | None, limit: int
) -> list[Unreviewed]:
    condition, parameters = await visible_cases(tx, actor, protecting.REVIEW, column="r.case_id")
    at, id_ = after or (None, None)
    query = text(
        f"select {_COLUMNS} from consent.records r where {_PROTECTIONS} and r.terms ->> 'reviewed_by' is null"
        f" and {condition} and (cast(:at as timestamptz) is null or (r.created_at, r.id) > (:at, cast(:id as uuid)))"
        " order by r.created_at, r.id limit :limit"
    )
    within = {"within": protection().review_within, "at": at, "id": id_, "limit": limit}
    rows = await tx.execute(query, {**parameters, **within})
    return [Unreviewed.model_validate(dict(row._mapping)) for row in rows]  # noqa: SLF001  # SQLAlchemy's public name


@router.get("/v1/protections/{consent_id}", summary="An immediate protection with its reasons")
async def get_protection(
    consent_id: UUID, actor: Who, running: Running, response: Response
) -> ProtectionView:
    if running.vault is None:
        raise Unavailable
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await store.case_for(tx, actor, protecting.REVIEW, consent_id)
        row = (await tx.execute(_ONE, {"id": consent_id, "within": protection().review_within})).first()
        if row is None:
            raise NotFound
        person_id = await store.person_of(tx, case_id)
        tx.say(RecordReadV1(case_id=case_id, resource="consent", resource_id=consent_id))
    place = Sealing(person_id, f"consent.{REASONS}", consent_id, row.reasons)
    (reasons,) = await running.vault.open_many([place])
    response.headers["Cache-Control"] = "no-store"
    return ProtectionView.model_validate({**row._mapping, "reasons": reasons})  # noqa: SLF001


@router.post("/v1/protections/{consent_id}/review", summary="A second person has looked at the reasons")
async def post_review(
    consent_id: UUID,  # noqa: ARG001  # the dependency reads it
    body: ReviewForm,
    actor: Who,
    prepared: Annotated[Prepared, Depends(_prepare_review)],
    running: Running,
    request: Request,
    expected: IfMatch,
    response: Response,
) -> Ended:
    async with one_transaction(request, actor) as tx:
        record = await protecting.review(tx, actor, prepared, expected, upheld=body.upheld)
        remember_end(tx, response, record)
    return await settled(running, actor.origin(), record, response)
