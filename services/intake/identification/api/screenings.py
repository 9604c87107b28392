"""Routes: screening against a checklist. The result supports a decision and never is one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from chassis.identity.access import require_case, rights_in
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import position
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import Code, KnownCode
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import Case, CaseVerb, passes
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import open_json
from services.intake.casefile.store import cases
from services.intake.casefile.store.cases import ACTIONS
from services.intake.identification import queries, use_cases
from services.intake.identification.domain import checklist
from services.intake.identification.domain.field_classes import ANSWERS, CORRECTION, RESULT
from services.intake.identification.screening import Correction, prepared
from services.intake.identification.sealed_rows import ScreeningRow
from services.intake.identification.store.records import is_corrected
from services.intake.identification.use_cases import PreparedScreening

router = APIRouter(tags=["screenings"])


class ScreeningForm(Form):
    """The answers of a screening. A question without an answer was not asked."""

    checklist: Annotated[str, KnownCode("checklist")]
    answers: Annotated[
        dict[str, Annotated[str, KnownCode("answer")]],
        Field(min_length=1, max_length=300, description="answers by indicator"),
    ]


async def _prepare(case_id: UUID, body: ScreeningForm, actor: Who, service: Running) -> PreparedScreening:
    case = await case_to_write(service, actor, CaseVerb.SCREEN, case_id)
    return await prepared(service, actor, case, checklist.checklists()[body.checklist], body.answers)


@router.post("/v1/cases/{case_id}/screenings", status_code=201, summary="Screen against a checklist")
async def screen_case(
    case_id: UUID,
    actor: Who,
    new: Annotated[PreparedScreening, Depends(_prepare)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    case = await use_cases.screen_case(tx, actor, case_id, new, service.today())
    where = f"/v1/cases/{case_id}/screenings/{new.sealed.id}"
    return done(tx, response, new.sealed.id, case.version, status=201, location=where)


class ScreeningCorrectionForm(Form):
    """The answers as they are now, all of them, and why. The screening that is corrected stays."""

    answers: Annotated[
        dict[str, Annotated[str, KnownCode("answer")]],
        Field(min_length=1, max_length=300, description="answers by indicator"),
    ]
    reason: Paragraph


async def _corrected(
    case_id: UUID, screening_id: UUID, body: ScreeningCorrectionForm, actor: Who, service: Running
) -> PreparedScreening:
    """Evaluated by the version that it was asked with, in use or not."""
    case = await case_to_write(service, actor, CaseVerb.SCREEN, case_id)
    async with service.database.transaction(actor.origin()) as tx:
        row = await queries.screening(tx, case_id, screening_id)
    asked = checklist.of_version(row.requested, row.checklist_version)
    correction = Correction(screening_id, body.reason)
    return await prepared(service, actor, case, asked, body.answers, correction)


@router.post(
    "/v1/cases/{case_id}/screenings/{screening_id}/correct",
    status_code=201,
    summary="Correct a screening: a new one takes its place and says why",
)
async def correct_screening(
    case_id: UUID,
    screening_id: UUID,  # noqa: ARG001  # the path of the correction
    actor: Who,
    new: Annotated[PreparedScreening, Depends(_corrected)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    case = await use_cases.screen_case(tx, actor, case_id, new, service.today())
    where = f"/v1/cases/{case_id}/screenings/{new.sealed.id}"
    return done(tx, response, new.sealed.id, case.version, status=201, location=where)


@router.get("/v1/cases/{case_id}/screenings", summary="The screenings of a case, oldest first")
async def list_screenings(case_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[queries.ScreeningView]:
    await require_case(tx, actor, "case.read", case_id)
    items = await queries.screenings(tx, case_id, position(page.after), page.limit)
    tx.say(record_read(case_id, "screening"))
    return Listing(items=items, next=following(items, page, "at", "id"))


class EvidenceView(BaseModel):
    indicator: str
    weight: str


class DimensionView(BaseModel):
    """`rule` is the combination that fired; `unsettled` are questions that have neither a yes nor a no."""

    name: str
    element: str
    positive: bool
    rule: str | None
    evidence: list[EvidenceView]
    unsettled: list[str]


class ScreeningResult(BaseModel):
    """`outcome`: indications, or not-established, which says only that these answers establish nothing. `corrected`: another
    one took its place. `corrects` and `reason`: it took the place of that one, and why.
    """

    id: UUID
    corrected: bool
    corrects: UUID | None
    reason: str | None
    requested: str
    checklist: str
    version: str
    profile: str
    outcome: Annotated[str, Code("screening_outcome")]
    rule: str | None
    dimensions: list[DimensionView]
    answers: dict[str, str]
    at: datetime
    by: str
    moves: list[MoveView]


@router.get("/v1/cases/{case_id}/screenings/{screening_id}", summary="A screening with its result")
async def get_screening(
    case_id: UUID, screening_id: UUID, actor: Who, service: Running, response: Response
) -> ScreeningResult:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        row = await queries.screening(tx, case_id, screening_id)
        corrected = await is_corrected(tx, screening_id)
        permitted = await rights_in(tx, actor, case_id)
        tx.say(record_read(case_id, "screening", screening_id))
    result, answers, reason = await _opened(service, case, row)
    response.headers["Cache-Control"] = "no-store"
    may = passes(case.state, CaseVerb.SCREEN) and not corrected
    correct = Offer("correct_screening", ACTIONS[CaseVerb.SCREEN], may)
    return ScreeningResult(
        id=row.id,
        corrected=corrected,
        corrects=row.corrects,
        reason=reason,
        requested=row.requested,
        answers=answers,
        at=row.at,
        by=row.by,
        moves=service.commands.open([correct], permitted, case_id=case_id, screening_id=screening_id),
        **result,
    )


async def _opened(service: Service, case: Case, row: ScreeningRow) -> tuple[Any, Any, str | None]:
    sealed = [
        Sealing(case.person_id, RESULT, row.id, row.result),
        Sealing(case.person_id, ANSWERS, row.id, row.answers),
    ]
    result, answers = await open_json(service.vault, sealed)
    if row.reason is None:
        return result, answers, None
    return result, answers, await service.vault.open(case.person_id, CORRECTION, row.id, row.reason)
