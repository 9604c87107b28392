"""Pages of an operator: the services, the border, and what another operator proposed."""

from fastapi import APIRouter
from starlette.responses import Response

from services.console.api.cases import Code, Position
from services.console.asking import at_once
from services.console.commands import COMMANDS, offered
from services.console.names import names_of, organisations
from services.console.operation_answers import (
    AGREEMENTS,
    CAUSES,
    DISTRUSTS,
    FAILED_WORK,
    KEYS,
    OWN_WORK,
    PARTNERS,
    PROPOSALS,
    READINESS,
    REPLAYS,
)
from services.console.visiting import Who

router = APIRouter()
ROWS, LATEST = 50, 3


@router.get("/services")
async def show_services(who: Who, done: Code = "") -> Response:
    voice, services = who.voice, sorted(who.settings.peers)
    _, *asked = await at_once(
        voice.ask(OWN_WORK, query={"limit": 1}),
        *(voice.state(READINESS, service=one) for one in services),
        *(voice.panel(CAUSES, service=one) for one in services),
        *(voice.panel(FAILED_WORK, service=one, query={"limit": ROWS}) for one in services),
        *(voice.panel(REPLAYS, service=one, query={"limit": LATEST}) for one in services),
    )
    many = len(services)
    readiness, causes, work, replays = (asked[i * many : (i + 1) * many] for i in range(4))
    parts = zip(services, readiness, causes, work, replays, strict=True)
    names = ("service", "readiness", "causes", "work", "replays")
    return who.page(
        "services.html", parts=[dict(zip(names, part, strict=True)) for part in parts],
        commands=COMMANDS, done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip


@router.get("/border")
async def show_border(who: Who, done: Code = "") -> Response:
    voice = who.voice
    partners, agreements, keys, distrusts, known = await at_once(
        voice.ask(PARTNERS),
        voice.panel(AGREEMENTS, query={"limit": ROWS}),
        voice.panel(KEYS, query={"limit": 200}),
        voice.panel(DISTRUSTS, query={"limit": ROWS}),
        organisations(voice),
    )
    return who.page(
        "border.html", partners=partners.value.items, agreements=agreements, keys=keys, names=names_of(known),
        distrusts=distrusts, offered=offered, done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip


@router.get("/proposals")
async def list_proposals(who: Who, done: Code = "", after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found, known = await at_once(who.voice.ask(PROPOSALS, query=query), organisations(who.voice))
    buttons = {one.id: offered(one.moves) for one in found.value.items}
    return who.page(
        "proposals.html", proposals=found.value, may_propose=offered(found.value.moves), buttons=buttons, names=names_of(known), after=after,
        done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip
