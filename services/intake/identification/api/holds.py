"""Routes: holds on removal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.identity.access import hold_unerased, require_case, rights_in
from chassis.printing import papers
from chassis.printing.api import PdfResponse
from chassis.printing.paper import PaperLanguage, pdf
from chassis.printing.papers import PaperKind, PrintedPaper
from chassis.printing.words import paper_language
from chassis.service import Running
from chassis.web.http import Done, Tx, Who, done
from contracts.form import Form
from contracts.types import GivenInstant
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import open_fields
from services.intake.casefile.store import cases
from services.intake.identification import hold_paper, queries, use_cases
from services.intake.identification.store import certificates

router = APIRouter(tags=["status"])


class HoldForm(Form):
    """`until` defaults to the shortest reflection period, thirty days."""

    until: GivenInstant | None = None


@router.post("/v1/cases/{case_id}/holds", status_code=201, summary="Place a hold on removal")
async def place_hold(case_id: UUID, body: HoldForm, actor: Who, tx: Tx, response: Response) -> Done:
    hold_id = await use_cases.place_hold(tx, actor, case_id, body.until)
    return done(tx, response, hold_id, status=201)


@router.get("/v1/cases/{case_id}/holds", summary="That holds exist and until when, never why")
async def list_holds(case_id: UUID, actor: Who, tx: Tx, service: Running) -> list[queries.HoldView]:
    await require_case(tx, actor, "case.read", case_id)
    tx.say(record_read(case_id, "case"))
    return await queries.holds(tx, case_id, service.commands, await rights_in(tx, actor, case_id))


@router.get(
    "/v1/cases/{case_id}/holds/{hold_id}/paper",
    summary="A certificate of the hold to print: that she stays, never why",
    response_class=PdfResponse,
)
async def get_hold_paper(
    case_id: UUID,
    hold_id: UUID,
    actor: Who,
    service: Running,
    language: Annotated[PaperLanguage | None, Query()] = None,
) -> PdfResponse:
    """Her name as it was recorded here; where none was, whoever gives it out writes it in by hand.

    Without `language`, the country's own: it is the authority that reads it.
    """
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        hold = await certificates.hold_of(tx, case_id, hold_id)
        sealed = await hold_paper.sealed_name(tx, case_id)
        tx.say(record_read(case_id, "case-fields", fields=tuple(sealed)))
    printed = PrintedPaper(PaperKind.HOLD, hold_id, 1)
    code = await papers.code_of(service, printed, case.person_id)
    async with service.database.transaction(actor.origin()) as tx:
        await cases.get(tx, actor, "case.read", case_id)  # still allowed, now that it is shown
        await hold_unerased(tx, case_id)
        await papers.remember(tx, printed, code)
    name = hold_paper.full_name(await open_fields(service.vault, case.person_id, case_id, sealed))
    used = paper_language(language, *service.settings.country.languages)
    check = papers.check_of(service, code, used)
    return PdfResponse(await pdf(hold_paper.paper_of(hold, name, service.settings.country, used, check)))


@router.delete("/v1/cases/{case_id}/holds/{hold_id}", summary="Lift a hold; it stays on record")
async def lift_hold(case_id: UUID, hold_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    await use_cases.lift_hold(tx, actor, case_id, hold_id)
    return done(tx, response, hold_id)
