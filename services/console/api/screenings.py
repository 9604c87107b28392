"""Pages: the checklists that were asked of a case, one with its answers and what they establish, and one answer to correct, by its number."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from chassis.problems import NotFound
from services.console.answers import CASE
from services.console.api.cases import Position
from services.console.api.consents import Done
from services.console.api.form_refusals import AWAY
from services.console.api.forms import begun_form, received, shown_again, typed_in
from services.console.asking import Panel, ServiceAway, at_once
from services.console.commands.draft_forms import BEGIN
from services.console.commands.form import Command
from services.console.commands.screening_forms import DONE, correction_of
from services.console.draft_answers import (
    CHECKLIST,
    CORRECT_SCREENING,
    SCREENING,
    SCREENINGS,
    Checklist,
    ScreeningResult,
)
from services.console.visiting import Anybody, SignedIn, Who
from services.console.worklist import ROWS

router = APIRouter()
ONE = "/screenings/{case_id}.{screening_id}"


@router.get("/cases/{case_id}/screenings")
async def list_screenings(case_id: UUID, who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    _, found = await at_once(
        who.voice.ask(CASE, case_id=case_id), who.voice.ask(SCREENINGS, case_id=case_id, query=query)
    )
    return who.page("screenings.html", case_id=case_id, screenings=found.value, after=after)


@router.get(ONE)
async def show_screening(case_id: UUID, screening_id: UUID, who: Who, done: Done = "") -> Response:
    found = await who.voice.ask(SCREENING, case_id=case_id, screening_id=screening_id)
    asked = await _checklist(who, found.value)
    return who.page(
        "screening.html", case_id=case_id, screening=found.value, asked=asked,
        found={one.name for one in found.value.dimensions if one.positive},
        may_correct=any(move.verb == CORRECT_SCREENING.operation for move in found.value.moves),
        done=DONE if done == CORRECT_SCREENING.operation else "",
    )  # fmt: skip


@router.get(ONE + "/{number:int}")
async def show_answer(case_id: UUID, screening_id: UUID, number: int, who: Who) -> Response:
    form = await _form(who, case_id, screening_id, number)
    if before := await who.typed_before():
        return await shown_again(who, form, f"{case_id}.{screening_id}", before)
    return await begun_form(who, form, f"{case_id}.{screening_id}", {})


@router.post(ONE + "/{number:int}")
async def send_answer(
    case_id: UUID, screening_id: UUID, number: int, visitor: Anybody, request: Request
) -> Response:
    named = f"{case_id}.{screening_id}"
    if visitor.session is None:
        return await received(visitor, request, BEGIN, named)  # shows what was typed; nothing is sent
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    try:
        form = await _form(who, case_id, screening_id, number)
    except ServiceAway:
        return who.page("session-over.html", 503, away=AWAY, typed=await typed_in(request, BEGIN))
    return await received(visitor, request, form, named)


async def _checklist(who: SignedIn, screening: ScreeningResult) -> Panel[Checklist]:
    """The questions of the version with which it was asked."""
    query = {"language": who.reader.language}
    return await who.voice.panel(
        CHECKLIST, query=query, checklist=screening.requested, version=screening.version
    )


async def _form(who: SignedIn, case_id: UUID, screening_id: UUID, number: int) -> Command:
    """Raises ServiceAway, and NotFound where there is no such question."""
    screening = (await who.voice.ask(SCREENING, case_id=case_id, screening_id=screening_id)).value
    asked = await _checklist(who, screening)
    if asked.away:
        raise ServiceAway
    sections = asked.value.sections if asked.value else ()
    questions = [question for section in sections for question in section.questions]
    if not 1 <= number <= len(questions):
        raise NotFound
    return correction_of(case_id, screening, number, questions[number - 1])
