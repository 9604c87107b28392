"""One request of a browser: who asks, in which language, and the page that is the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from chassis.problems import BadRequest, Forbidden, Unauthenticated, Unavailable
from chassis.service import Service
from chassis.web.code_lists import preferred
from contracts.casefile.reference import reference_of
from contracts.codes import LANGUAGES
from services.console.asking import Voice
from services.console.domain.own_path import own_path
from services.console.parts import Console, Parts
from services.console.rendering import rendered
from services.console.sessions import Session
from services.console.settings import Settings
from services.console.unsent import UnsentForm
from services.console.words import Reader, marked

SESSION, SIGNING_IN, LANGUAGE = "session", "signing-in", "language"
DAY = 86_400
DRAWN_FOR_SHOW = "7F3K2"
"""Of the reference that a hint shows."""
NO_ISSUER = marked(
    "The sign-in does not answer at the moment. What you typed is still here: wait a little and send it again."
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks for a page, signed in or not."""

    request: Request
    service: Service[Settings, Parts]
    reader: Reader
    session: Session | None
    away: bool = False
    """Her session cannot be used at the moment, because the issuer does not answer."""

    @property
    def settings(self) -> Settings:
        return self.service.settings

    @property
    def path(self) -> str:
        scope = self.request.scope
        return str(scope["path"]).removeprefix(scope.get("root_path", ""))

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        session = self.session
        own = {
            "reader": self.reader,
            "_": self.reader.say,
            "prefix": self.settings.prefix,
            "cell": self.settings.cell,
            "example": reference_of(self.settings.cell, DRAWN_FOR_SHOW),
            "idle_minutes": self.settings.idle_minutes,
            "signed_in_until": self.service.clock() + timedelta(minutes=self.settings.idle_minutes),
            "path": self.path,
            "back_here": own_path(self.path),
            "person": None if session is None else session.person,
            "form_token": "" if session is None else session.secret.form_token("page"),
        }
        return rendered(template, status, {**own, **values})

    def not_sent(self, typed: Mapping[str, list[str]]) -> Response:
        """A form that comes without a session that can be used, as it was typed, to be sent again from here."""
        if self.away:
            return self.page("session-over.html", HTTPStatus.SERVICE_UNAVAILABLE, typed=typed, away=NO_ISSUER)
        return self.page("session-over.html", HTTPStatus.UNAUTHORIZED, typed=typed)

    async def too_late(self, typed: Mapping[str, list[str]]) -> Response:
        """The answer to a form that comes after the end of the session: it is kept for its sender, or stands on the page where it cannot be,
        and while nobody can say whether it has ended.
        """
        if self.away:
            return self.not_sent(typed)
        form = UnsentForm(self.path, typed)
        kept = await self.service.parts.unsent.keep(self.cookie(SESSION), form)
        return self.page("session-over.html", 401, typed={} if kept else typed, kept=kept)

    def sent_to(self, path: str) -> Response:
        """Another page of the console."""
        return RedirectResponse(self.settings.prefix + path, HTTPStatus.SEE_OTHER)

    def cookie(self, name: str) -> str | None:
        return self.request.cookies.get(cookie_name(self.settings, name))


def cookie_name(settings: Settings, name: str) -> str:
    """`__Host-` holds a cookie to this host, TLS and no other path. The cell is in it because the ports of one machine share theirs."""
    return f"__Host-{settings.cell.lower()}-{name}"


def set_cookie(response: Response, settings: Settings, name: str, value: str, seconds: int | None) -> None:
    """Without `seconds` the browser forgets it when it is closed."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=seconds,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    response.delete_cookie(cookie_name(settings, name), path="/", secure=True, httponly=True, samesite="lax")


async def visitor(request: Request, service: Console) -> Visitor:
    """Raises Forbidden for a form that another site sends."""
    if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") not in {
        "same-origin",
        "none",
    }:
        raise Forbidden
    settings = service.settings
    chosen = request.cookies.get(cookie_name(settings, LANGUAGE))
    language = chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language"))
    cookie = request.cookies.get(cookie_name(settings, SESSION))
    reader = Reader(language, settings.zone)
    try:
        return Visitor(request, service, reader, await service.parts.sessions.of(cookie))
    except Unavailable:
        if request.method != "POST":
            raise
        return Visitor(request, service, reader, None, away=True)


Anybody = Annotated[Visitor, Depends(visitor)]


@dataclass(frozen=True, slots=True)
class SignedIn(Visitor):
    """Somebody who is signed in, and may ask the services."""

    session: Session

    @property
    def voice(self) -> Voice:
        peers = self.service.peers
        return Voice(peers.http, self.settings.peers, self.session.tokens.access, self.reader.language)

    async def typed_before(self) -> Mapping[str, list[str]] | None:
        """Of this page, all that was typed too late, once; None where nothing was."""
        return await self.service.parts.unsent.take(self.session.secret, self.path)

    def new_form(self, *bound: str) -> dict[str, str]:
        """The hidden members of a form: its key, and the token that binds it to this session and to what it is for."""
        key = str(uuid4())
        return {"key": key, "token": self.session.secret.form_token(*bound, key)}


async def signed_in(anybody: Anybody) -> SignedIn:
    """Raises Unauthenticated, which is answered with the page where one signs in, and Unavailable."""
    if anybody.session is None:
        raise Unavailable if anybody.away else Unauthenticated
    return SignedIn(anybody.request, anybody.service, anybody.reader, anybody.session)


Who = Annotated[SignedIn, Depends(signed_in)]


async def known_form(who: Who, token: Annotated[str, Form(max_length=100)] = "") -> SignedIn:
    """For the buttons that stand on every page. Raises BadRequest for a form of another session."""
    if not who.session.secret.fits(token, "page"):
        raise BadRequest
    return who


WhoByForm = Annotated[SignedIn, Depends(known_form)]
