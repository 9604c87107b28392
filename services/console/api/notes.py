"""Pages: all notes of a case, the newest first."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.console.answers import NOTES
from services.console.api.cases import Position
from services.console.commands import offered
from services.console.visiting import Who
from services.console.worklist import ROWS

router = APIRouter()


@router.get("/cases/{case_id}/notes")
async def list_notes(case_id: UUID, who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found = await who.voice.ask(NOTES, case_id=case_id, query=query)
    return who.page("notes.html", case_id=case_id, notes=found.value, after=after, of_one=offered)
