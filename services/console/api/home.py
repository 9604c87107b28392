"""Pages: the first one, with what waits for whoever is signed in."""

from fastapi import APIRouter
from starlette.responses import Response

from services.console.answers import INBOX, ORGANISATIONS
from services.console.asking import at_once
from services.console.names import names_of
from services.console.visiting import Who
from services.console.worklist import VIEWS, counted

router = APIRouter()
NEWEST = 10


@router.get("/")
async def show_home(who: Who) -> Response:
    voice, person = who.voice, who.session.person
    views = list(VIEWS) if "cases" in person.doors else []
    inbox, organisations, *counts = await at_once(
        voice.panel(INBOX, query={"unread": True, "limit": NEWEST}),
        voice.panel(ORGANISATIONS, query={"cell": who.settings.cell, "limit": 200}),
        *(counted(who, view) for view in views),
    )
    return who.page(
        "home.html",
        inbox=inbox,
        names=names_of(organisations),
        counters=dict(zip(views, counts, strict=True)),
        views=VIEWS,
    )
