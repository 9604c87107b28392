"""Pages: what she asked to be erased, what that would do, and where it stands."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.console.api.consents import Done
from services.console.asking import at_once
from services.console.commands import COMMANDS, offered
from services.console.names import names_of, organisations
from services.console.rights_answers import ERASURES, PREVIEW
from services.console.visiting import Who

router = APIRouter()


@router.get("/cases/{case_id}/erasures")
async def list_erasures(case_id: UUID, who: Who, done: Done = "") -> Response:
    found, preview, known = await at_once(
        who.voice.ask(ERASURES, case_id=case_id),
        who.voice.panel(PREVIEW, case_id=case_id),
        organisations(who.voice),
    )
    return who.page(
        "erasures.html", case_id=case_id, erasures=found.value, looked_at=preview, names=names_of(known),
        buttons=offered(found.value.moves), of_one=offered, done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip
