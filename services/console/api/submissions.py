"""Pages: one's own submissions with their state and nothing more, and the receipt of one."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.console.api.cases import Position
from services.console.asking import at_once
from services.console.draft_answers import SUBMISSION, SUBMISSIONS
from services.console.names import names_of, organisations
from services.console.visiting import Who

router = APIRouter()
ROWS = 25


@router.get("/submissions")
async def list_submissions(who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS} | ({"after": after} if after else {})
    found, known = await at_once(who.voice.ask(SUBMISSIONS, query=query), organisations(who.voice))
    return who.page("submissions.html", submissions=found.value, names=names_of(known), after=after)


@router.get("/submissions/{case_id}")
async def show_receipt(case_id: UUID, who: Who) -> Response:
    found = await who.voice.ask(SUBMISSION, case_id=case_id)
    return who.page("receipt.html", submission=found.value)
