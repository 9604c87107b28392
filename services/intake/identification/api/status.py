"""Routes: the formal status, as persons decided it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from chassis.service import Running
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Seen, Tx, Who, done, etag
from contracts.casefile.fields import STATUS, STATUS_BY
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import KnownCode
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import CaseVerb
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import seal_fields
from services.intake.casefile.store import cases
from services.intake.identification import queries, use_cases
from services.intake.identification.domain.field_classes import REASONS, STATUS_CLASS
from services.intake.identification.sealing import status_record
from services.intake.identification.use_cases import SealedStatus

router = APIRouter(tags=["status"])


class StatusForm(Form):
    """A decision that a person took: the status, the kind of organisation, and the reasons. Another decision may
    revise it.
    """

    status: Annotated[str, KnownCode("vic_TraffickingStatus")]
    deciding_organisation: Annotated[str, KnownCode("vic_TraffickingStatusDecisionMakingOrg")]
    reasons: Paragraph


async def _prepare(case_id: UUID, body: StatusForm, actor: Who, service: Running) -> SealedStatus:
    case = await case_to_write(service, actor, CaseVerb.IDENTIFY, case_id)
    vault, revision = service.vault, case.status_revision + 1
    record = status_record(case_id, revision)
    status, reasons = await vault.seal_many(
        [
            Sealing(case.person_id, STATUS_CLASS, record, body.status),
            Sealing(case.person_id, REASONS, record, body.reasons),
        ]
    )
    fields = {STATUS: body.status, STATUS_BY: body.deciding_organisation}
    sealed = await seal_fields(vault, case.person_id, case_id, fields)
    return SealedStatus(revision, body.deciding_organisation, status, reasons, sealed)


@router.post("/v1/cases/{case_id}/status", status_code=201, summary="Record a decision on the formal status")
async def identify_case(
    case_id: UUID,
    actor: Who,
    seen: Seen,
    prepared: Annotated[SealedStatus, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> Done:
    case = await use_cases.identify(tx, actor, case_id, seen, prepared)
    return done(tx, response, case_id, case.version, status=201)


class StatusView(BaseModel):
    revision: int
    status: str
    deciding_organisation: str
    reasons: str
    organisation: str
    at: datetime
    by: str


class Statuses(BaseModel):
    """Every revision, oldest first. The last is the present one; none was ever deleted."""

    case_id: UUID
    revisions: list[StatusView]


@router.get("/v1/cases/{case_id}/status", summary="The formal status with all its revisions")
async def get_status(case_id: UUID, actor: Who, service: Running, response: Response) -> Statuses:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        rows = await queries.statuses(tx, case_id)
        tx.say(record_read(case_id, "status"))
    sealed = []
    for row in rows:
        record = status_record(case_id, row.revision)
        sealed.append(Sealing(case.person_id, STATUS_CLASS, record, row.status))
        sealed.append(Sealing(case.person_id, REASONS, record, row.reasons))
    texts = await service.vault.open_many(sealed)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(case.version)
    views = [
        StatusView(
            revision=row.revision,
            status=texts[2 * place] or "",
            deciding_organisation=row.deciding_organisation,
            reasons=texts[2 * place + 1] or "",
            organisation=row.organisation,
            at=row.at,
            by=row.by,
        )
        for place, row in enumerate(rows)
    ]
    return Statuses(case_id=case_id, revisions=views)
