"""Routes: her age group, and the assessments by which a person decided it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from chassis.service import Running
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Seen, Tx, Who, done, etag
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import Code, KnownCode
from services.intake.casefile.age import evidence_of
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.age import Group
from services.intake.casefile.domain.case import CaseVerb
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.store import cases
from services.intake.identification import use_cases
from services.intake.identification.domain.field_classes import AGE_REASONS
from services.intake.identification.sealing import age_record
from services.intake.identification.store import assessments
from services.intake.identification.use_cases import SealedAssessment

router = APIRouter(tags=["age"])


class AssessmentForm(Form):
    """A person's decision about her age, and its basis. In doubt, a child."""

    result: Annotated[str, KnownCode("age_group")]
    basis: Annotated[str, KnownCode("age_evidence")]
    reasons: Paragraph


async def _prepare(case_id: UUID, body: AssessmentForm, actor: Who, service: Running) -> SealedAssessment:
    case = await case_to_write(service, actor, CaseVerb.ASSESS_AGE, case_id)
    revision = case.age_revision + 1
    record = age_record(case_id, revision)
    return SealedAssessment(
        revision,
        case.version,
        Group(body.result),
        body.basis,
        await service.vault.seal(case.person_id, AGE_REASONS, record, body.reasons),
        await evidence_of(service, actor.origin(), case_id),
    )


@router.post("/v1/cases/{case_id}/age-assessment", status_code=201, summary="Record an assessment of her age")
async def assess_age(
    case_id: UUID,
    actor: Who,
    seen: Seen,
    prepared: Annotated[SealedAssessment, Depends(_prepare)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    case = await use_cases.assess_age(tx, actor, case_id, seen, prepared, service.today())
    return done(tx, response, case_id, case.version, status=201)


class AssessmentView(BaseModel):
    revision: int
    result: Annotated[str, Code("age_group")]
    basis: Annotated[str, Code("age_evidence")]
    reasons: str
    organisation: str
    at: datetime
    by: str


class AgeView(BaseModel):
    """A group and never an age. `to_assess`: the evidence on record contradicts itself, so a person decides."""

    case_id: UUID
    age_group: Annotated[str, Code("age_group")]
    basis: Annotated[str, Code("age_basis")]
    to_assess: bool
    assessments: list[AssessmentView]


@router.get("/v1/cases/{case_id}/age-assessment", summary="Whether she counts as a child, and who decided it")
async def get_age_assessment(case_id: UUID, actor: Who, service: Running, response: Response) -> AgeView:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        rows = await assessments.of(tx, case_id)
        tx.say(record_read(case_id, "person"))
    sealed = [
        Sealing(case.person_id, AGE_REASONS, age_record(case_id, row.revision), row.reasons) for row in rows
    ]
    texts = await service.vault.open_many(sealed)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(case.version)
    return AgeView(
        case_id=case_id,
        age_group=case.age.group,
        basis=case.age.basis,
        to_assess=case.age.doubted,
        assessments=[
            AssessmentView(
                revision=row.revision,
                result=row.age_group,
                basis=row.evidence,
                reasons=text or "",
                organisation=row.organisation,
                at=row.at,
                by=row.by,
            )
            for row, text in zip(rows, texts, strict=True)
        ],
    )
