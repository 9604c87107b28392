"""Routes: assessed needs. Assistance follows needs, whether or not trafficking is ever established."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from chassis.service import Running
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.positions import position
from contracts.casefile.fields import NEEDS, to_text
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import KnownCode
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import CaseVerb
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import open_json, seal_fields, seal_json
from services.intake.casefile.store import cases
from services.intake.identification import queries, use_cases
from services.intake.identification.domain.field_classes import NEEDS_CLASS
from services.intake.identification.use_cases import SealedNeeds

router = APIRouter(tags=["needs"])


class NeedsForm(Form):
    urgency: Annotated[str, KnownCode("urgency")]
    needs: Annotated[list[Annotated[str, KnownCode("need")]], Field(min_length=1, max_length=40)]
    note: Paragraph | None = None


async def _prepare(case_id: UUID, body: NeedsForm, actor: Who, service: Running) -> SealedNeeds:
    case = await case_to_write(service, actor, CaseVerb.ASSESS_NEEDS, case_id)
    vault, assessment_id = service.vault, uuid4()
    needs = list(dict.fromkeys(body.needs))
    assessment = {"needs": needs, "note": body.note}
    fields = await seal_fields(vault, case.person_id, case_id, {NEEDS: to_text(tuple(needs))})
    return SealedNeeds(
        assessment_id,
        body.urgency,
        await seal_json(vault, case.person_id, NEEDS_CLASS, assessment_id, assessment),
        fields[NEEDS],
    )


@router.post("/v1/cases/{case_id}/needs", status_code=201, summary="Record an assessment of needs")
async def assess_needs(
    case_id: UUID,
    actor: Who,
    seen: Seen,
    prepared: Annotated[SealedNeeds, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> Done:
    case = await use_cases.assess_needs(tx, actor, case_id, seen, prepared)
    return done(tx, response, prepared.id, case.version, status=201)


class NeedsView(BaseModel):
    id: UUID
    urgency: str
    needs: list[str]
    note: str | None
    at: datetime
    by: str


@router.get("/v1/cases/{case_id}/needs", summary="The assessments of needs, oldest first")
async def list_needs(
    case_id: UUID, actor: Who, service: Running, page: Page, response: Response
) -> Listing[NeedsView]:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        rows = await queries.needs(tx, case_id, position(page.after), page.limit)
        tx.say(record_read(case_id, "needs"))
    sealed = [Sealing(case.person_id, NEEDS_CLASS, row.id, row.needs) for row in rows]
    opened = await open_json(service.vault, sealed)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(case.version)
    views = [
        NeedsView(id=row.id, urgency=row.urgency, at=row.at, by=row.by, **assessment)
        for row, assessment in zip(rows, opened, strict=True)
        if assessment is not None
    ]
    return Listing(items=views, next=following(rows, page, "at", "id"))
