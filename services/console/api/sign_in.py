"""Pages: signing in and out, leaving in a hurry, and the language."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from chassis.problems import BadRequest, Unauthenticated
from contracts.codes import LANGUAGES
from services.console.asking import Voice
from services.console.domain.own_path import own_path
from services.console.domain.secret import NoSecret, Secret
from services.console.doors import DOORS, with_doors
from services.console.signing_in import STATE
from services.console.visiting import (
    DAY,
    LANGUAGE,
    SESSION,
    SIGNING_IN,
    Anybody,
    Visitor,
    WhoByForm,
    drop_cookie,
    set_cookie,
)

router = APIRouter()
SIGNING_IN_SECONDS = 600

Text = Annotated[str, Query(max_length=2000)]


@router.get("/sign-in")
async def show_sign_in(visitor: Anybody, back: Text = "/") -> Response:
    if visitor.session is not None:
        return visitor.sent_to("/")
    return visitor.page("sign-in.html", back=own_path(back))


@router.get("/sign-in/begin")
async def begin_sign_in(visitor: Anybody, back: Text = "/") -> Response:
    """To the issuer, with a secret that this browser alone has."""
    secret = Secret.new()
    page = visitor.service.parts.sign_in.page(secret)
    response = RedirectResponse(page, HTTPStatus.SEE_OTHER)
    set_cookie(
        response, visitor.settings, SIGNING_IN, f"{secret.cookie}.{own_path(back)}", SIGNING_IN_SECONDS
    )
    return response


@router.get("/signed-in")
async def complete_sign_in(
    visitor: Anybody,
    code: Text = "",
    state: Text = "",
    error: Text = "",
    iss: Text = "",
    session_state: Text = "",
) -> Response:
    """From the issuer. Whatever does not fit what this browser began is refused, and nobody is signed in."""
    del error, iss, session_state
    secret, back = _begun(visitor.cookie(SIGNING_IN))
    if secret is None or not state or state != secret.word(STATE) or not code:
        return _refused(visitor)
    try:
        person, tokens = await visitor.service.parts.sign_in.completed(secret, code)
    except Unauthenticated:
        return _refused(visitor)
    sessions = visitor.service.parts.sessions
    voice = Voice(visitor.service.peers.http, visitor.settings.peers, tokens.access, visitor.reader.language)
    known = await with_doors(voice, person, DOORS)
    session = await sessions.start(known, tokens, before=visitor.cookie(SESSION))
    if visitor.session is not None:
        await sessions.end(visitor.session)
    response = visitor.sent_to(back)
    set_cookie(response, visitor.settings, SESSION, session.secret.cookie, None)
    drop_cookie(response, visitor.settings, SIGNING_IN)
    return response


def _begun(cookie: str | None) -> tuple[Secret | None, str]:
    secret, _, back = (cookie or "").partition(".")
    try:
        return Secret.read(secret), own_path(back)
    except NoSecret:
        return None, "/"


def _refused(visitor: Visitor) -> Response:
    response = visitor.page("sign-in.html", 400, back="/", failed=True)
    drop_cookie(response, visitor.settings, SIGNING_IN)
    return response


@router.post("/sign-out")
async def sign_out(who: WhoByForm) -> Response:
    """Here, and at the issuer."""
    await who.service.parts.sessions.end(who.session)
    response = RedirectResponse(who.service.parts.sign_in.last_page(), HTTPStatus.SEE_OTHER)
    drop_cookie(response, who.settings, SESSION)
    return response


@router.post("/exit")
async def exit_page(visitor: Anybody) -> Response:
    """Out of here at once, also from a page of a session that is over, or of another one, or while the issuer is away. Whoever goes
    back finds the page where one signs in. What another site sends comes without the cookie, and ends nothing.
    """
    response = RedirectResponse(visitor.settings.exit_url, HTTPStatus.SEE_OTHER)
    if visitor.session is not None:
        await visitor.service.parts.sessions.forget(visitor.session)
        response.background = BackgroundTask(visitor.service.parts.sign_in.revoke, visitor.session.tokens)
    drop_cookie(response, visitor.settings, SESSION)
    return response


@router.post("/language")
async def choose_language(
    visitor: Anybody,
    language: Annotated[str, Form(max_length=10)],
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    if language not in LANGUAGES:
        raise BadRequest
    response = visitor.sent_to(own_path(back))
    set_cookie(response, visitor.settings, LANGUAGE, language, 365 * DAY)
    return response
