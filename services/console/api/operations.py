"""Pages of an operator: the services and what stands still in each, the border and what crossed it, and what another operator proposed."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query
from starlette.responses import Response

from services.console import answers
from services.console.api.cases import Code, Position
from services.console.asking import NotTheirs, OrderRefused, at_once
from services.console.commands import COMMANDS, offered
from services.console.commands.operations import MOST_PARKED
from services.console.names import names_of, organisations
from services.console.operation_answers import (
    AGREEMENTS,
    CAUSES,
    DISTRUSTS,
    ENVELOPES,
    FAILED_WORK,
    KEYS,
    OWN_WORK,
    PARKED_EVENTS,
    PARTNERS,
    PROPOSALS,
    READINESS,
    REPLAYS,
    Envelope,
)
from services.console.visiting import SignedIn, Who, WhoByForm
from services.console.words import marked

router = APIRouter()
ROWS, LATEST, MOST_ENVELOPES = 50, 3, 200
Cell = Annotated[str, Query(pattern=r"^([A-Z]{2})?$")]
Service = Annotated[str, Path(pattern=r"^[a-z]{1,40}$")]
NO_CASE = marked(
    "Nothing is known here of a case with this reference. Check whether it is written as it should be."
)


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


@router.get("/parked/{service}")
async def list_parked(service: Service, who: Who, done: Code = "") -> Response:
    found = (await who.voice.ask(PARKED_EVENTS, query={"limit": MOST_PARKED}, service=service)).value
    firsts = {(one.source, one.stream): one.sequence for one in reversed(found.items)}
    first = [one.id for one in found.items if firsts[one.source, one.stream] == one.sequence]
    return who.page(
        "parked.html", parked=found, service_named=service, first=first, offered=offered,
        done=COMMANDS[done].done if done in COMMANDS else "",
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


@router.get("/envelopes")
async def list_envelopes(who: Who, partner: Cell = "", after: Position = "") -> Response:
    chosen = {"partner": partner} if partner else {}
    query = {"limit": ROWS, **chosen, **({"after": after} if after else {})}
    found = await who.voice.ask(ENVELOPES, query=query)
    return await _envelopes(who, found.value, partner=partner, after=after)


@router.post("/envelopes")
async def find_envelopes(who: WhoByForm, reference: Annotated[str, Form(max_length=80)] = "") -> Response:
    """Of one case. What was typed may be a name after all, so it stands in no address."""
    said = reference.strip()
    try:
        query = {"limit": MOST_ENVELOPES, "case_id": said}
        found = await who.voice.ask(ENVELOPES, query=query)
    except (OrderRefused, NotTheirs):
        await who.voice.ask(ENVELOPES, query={"limit": 1})  # whose page this is not is told so
        return await _envelopes(who, None, HTTPStatus.UNPROCESSABLE_ENTITY, reference=said, fault=NO_CASE)
    return await _envelopes(who, found.value, reference=said)


async def _envelopes(
    who: SignedIn, found: answers.Page[Envelope] | None, status: int = 200, **more: str
) -> Response:
    partners, known = await at_once(who.voice.panel(PARTNERS), organisations(who.voice))
    cells = [one.cell for one in partners.value.items] if partners.value else []
    return who.page("envelopes.html", status, envelopes=found, cells=cells, names=names_of(known), **more)


@router.get("/proposals")
async def list_proposals(who: Who, done: Code = "", after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found, known = await at_once(who.voice.ask(PROPOSALS, query=query), organisations(who.voice))
    buttons = {one.id: offered(one.moves) for one in found.value.items}
    return who.page(
        "proposals.html", proposals=found.value, may_propose=offered(found.value.moves), buttons=buttons, names=names_of(known), after=after,
        done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip
