"""The application of the pages, and its place before the routes that every service has."""

import re
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import BadRequest, NotFound, Problem, Unauthenticated, Unavailable
from chassis.web.answers import UnforeseenErrors, as_problem
from chassis.web.body_limit import BodyLimit
from chassis.web.routes import add_routes
from contracts.codes import ENGLISH
from services.console.api import (
    audit,
    case,
    cases,
    consents,
    drafts,
    exports,
    fields,
    finding,
    forms,
    giving,
    home,
    imports,
    interface,
    notes,
    operations,
    protections,
    referrals,
    referring,
    reports,
    returns,
    rights,
    screenings,
    sign_in,
    submissions,
    tasks,
    team,
)
from services.console.asking import NotTheirs, OrderRefused, ServiceAway
from services.console.domain.own_path import own_path
from services.console.parts import SERVICE
from services.console.rendering import FOREVER, STATIC, headers
from services.console.visiting import Visitor, visitor
from services.console.words import Reader, marked

_OF_THE_API = re.compile(r"/(v1|internal|health)/.*|/openapi\.json", re.DOTALL)
MOST_BYTES = 200_000
"""Of a form."""
SAID = {
    400: (marked("Not done"), marked("This page is too old or came from somewhere else. Go back and try again.")),
    403: (marked("Not done"), marked("This page is too old or came from somewhere else. Go back and try again.")),
    404: (marked("Not found"), marked("This is not here, or it is not yours to see.")),
    413: (marked("Not done"), marked("What was sent is too large.")),
    500: (marked("Something went wrong"), marked("It is our fault. Nothing more was done. Try again, and tell your operator if it stays so.")),
    503: (marked("Not possible at the moment"), marked("A part of the system does not answer. Wait a little and try again.")),
}  # fmt: skip
_PROBLEMS: dict[type[Exception], type[Problem]] = {
    NotTheirs: NotFound, ServiceAway: Unavailable, OrderRefused: BadRequest, RequestValidationError: NotFound,
}  # fmt: skip


def pages() -> ASGIApp:
    """All pages, with the files that they load."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.mount("/static", StaticFiles(directory=STATIC))
    parts = (
        sign_in,
        home,
        cases,
        case,
        consents,
        giving,
        drafts,
        submissions,
        team,
        audit,
        operations,
        imports,
        exports,
        interface,
        reports,
        protections,
        referrals,
        referring,
        returns,
        finding,
        rights,
        fields,
        screenings,
        notes,
        tasks,
        forms,
    )
    add_routes(app, *(part.router for part in parts))
    for kind in (Problem, HTTPException, *_PROBLEMS):
        app.add_exception_handler(kind, _told)
    app.add_middleware(FormLimit)
    return PageHeaders(
        UnforeseenErrors(app, lambda scope, problem: _page(_stranger(Request(scope)), problem.status))
    )


class FormLimit(BodyLimit):
    """ASGI middleware: the most that a form may have. A page that takes a file has a limit of its own, and answers with a page."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, MOST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if path == imports.PATH:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class BesideTheApi:
    """ASGI middleware, outside all others: what is no route of every service is a page."""

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self.app, self.pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or _OF_THE_API.fullmatch(path):
            await self.app(scope, receive, send)
        else:
            await self.pages({**scope, SERVICE: scope["app"].state.service}, receive, send)


class PageHeaders:
    """ASGI middleware: the headers of every page. A file that has a hash in its name is kept for ever."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        own = headers(scope[SERVICE].settings)

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                found.update(own)
                if path.startswith("/static/") and message["status"] < HTTPStatus.BAD_REQUEST:
                    found["Cache-Control"] = FOREVER
            await send(message)

        await self.app(scope, receive, adding)


async def _told(request: Request, error: Exception) -> Response:
    """The page for an error: where nobody is signed in, the one where one signs in."""
    kind = next((kind for kind in type(error).__mro__ if kind in _PROBLEMS), None)
    problem = _PROBLEMS[kind]() if kind is not None else as_problem(error)
    status = error.status_code if isinstance(error, HTTPException) else problem.status
    if isinstance(error.__cause__, Problem):  # raised while the body was read
        status = error.__cause__.status
    try:
        who = await visitor(request, request.scope[SERVICE])
    except Problem:
        who = _stranger(request)
    if isinstance(problem, Unauthenticated):
        back = own_path(who.path) if request.method == "GET" else "/"
        return RedirectResponse(f"{who.settings.prefix}/sign-in?back={back}", HTTPStatus.SEE_OTHER)
    return _page(who, status)


def _page(who: Visitor, status: int) -> Response:
    known = status if status in SAID else 404 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500
    title, said = SAID[known]
    return who.page("message.html", status, title=title, said=said, back="/")


def _stranger(request: Request) -> Visitor:
    service = request.scope[SERVICE]
    return Visitor(request, service, Reader(ENGLISH, service.settings.zone), None)
