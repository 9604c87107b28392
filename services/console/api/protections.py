"""Pages: immediate protections that wait for a second or a third person, and one of them."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.console.api.cases import Position
from services.console.api.consents import Done
from services.console.asking import at_once
from services.console.commands import COMMANDS, offered
from services.console.consenting.views import PROTECTION, PROTECTIONS
from services.console.names import names_of, organisations
from services.console.visiting import Who

router = APIRouter()
ROWS = 25


@router.get("/protections")
async def list_protections(who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found, known = await at_once(who.voice.ask(PROTECTIONS, query=query), organisations(who.voice))
    return who.page("protections.html", protections=found.value, names=names_of(known), after=after)


@router.get("/protections/{consent_id}")
async def show_protection(consent_id: UUID, who: Who, done: Done = "") -> Response:
    found, known = await at_once(who.voice.ask(PROTECTION, consent_id=consent_id), organisations(who.voice))
    buttons = [one for one in offered(found.value.moves) if one.subject.folder == "protections"]
    return who.page(
        "protection.html", view=found.value, names=names_of(known), buttons=buttons,
        done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip
