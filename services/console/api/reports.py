"""Pages of what somebody told without a case: calls to the hotline, incidents, and how many of these there were."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.api.cases import Code, Position
from services.console.asking import at_once
from services.console.choices import months_back
from services.console.commands import COMMANDS, offered
from services.console.names import names_of, organisations
from services.console.report_answers import CALL, CALLS, INCIDENT, INCIDENTS, PROVINCES, TRENDS, Provinces
from services.console.visiting import SignedIn, Who
from services.console.words import in_order, marked

router = APIRouter()
ROWS = 50
SETTLED = timedelta(days=7)
"""A month is counted when it has been over for so long."""
VIEWS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "open": (marked("Open calls"), {"state": "open"}),
    "mine": (marked("Calls that I took"), {"mine": True}),
    "all": (marked("All calls"), {}),
}


@router.get("/calls")
async def list_calls(who: Who, view: Code = "open", after: Position = "") -> Response:
    view = view if view in VIEWS else "open"
    query = {**VIEWS[view][1], "limit": ROWS} | ({"after": after} if after else {})
    found = (await who.voice.ask(CALLS, query=query)).value
    return who.page(
        "calls.html", calls=found, buttons=offered(found.moves), views=VIEWS, view=view, after=after
    )


@router.get("/calls/{call_id}")
async def show_call(call_id: UUID, who: Who, done: Code = "") -> Response:
    call = (await who.voice.ask(CALL, call_id=call_id)).value
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page("call.html", call=call, buttons=offered(call.moves), done=said)


@router.get("/incidents")
async def list_incidents(
    who: Who, kind: Code = "", province: Annotated[str, Query(pattern=r"^[A-Z0-9-]{0,6}$")] = "", after: Position = ""
) -> Response:  # fmt: skip
    chosen = {name: said for name, said in (("kind", kind), ("province", province)) if said}
    query = {**chosen, "limit": ROWS} | ({"after": after} if after else {})
    found, places, known = await at_once(
        who.voice.ask(INCIDENTS, query=query), _provinces(who), organisations(who.voice)
    )
    return who.page(
        "incidents.html", incidents=found.value, buttons=offered(found.value.moves), provinces=places,
        names=names_of(known), chosen=chosen, after=after,
    )  # fmt: skip


@router.get("/incidents/trends")
async def show_trends(who: Who, month: Annotated[str, Query(pattern=r"^[0-9-]{0,7}$")] = "") -> Response:
    """The count of one month that has been over for a week."""
    settled = months_back(who, 24, who.service.clock() - SETTLED, first=1)
    month = month if month in settled else next(iter(settled))
    found, places = await at_once(who.voice.ask(TRENDS, month=month), _provinces(who))
    return who.page("trends.html", trends=found.value, months=settled, month=month, provinces=places)


@router.get("/incidents/{incident_id}")
async def show_incident(incident_id: UUID, who: Who, done: Code = "") -> Response:
    found, places, known = await at_once(
        who.voice.ask(INCIDENT, incident_id=incident_id), _provinces(who), organisations(who.voice)
    )
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page(
        "incident.html", incident=found.value, buttons=offered(found.value.moves), provinces=places,
        names=names_of(known), done=said,
    )  # fmt: skip


async def _provinces(who: SignedIn) -> Mapping[str, str]:
    """By their names; none while intake does not say them."""
    panel = await who.voice.panel(PROVINCES)
    listed = Provinces([]) if panel.value is None else panel.value
    return in_order({one.code: one.name for one in listed.root})
