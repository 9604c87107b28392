"""Answers to errors: each becomes problem+json (RFC 9457) that echoes nothing of the request."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from httpx2 import TransportError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.faults import sqlstate
from chassis.outbox import TooLargeToSay
from chassis.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    NotJson,
    PreconditionFailed,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unexpected,
    UnsupportedMediaType,
)
from chassis.web.validation import FieldErrors

MEDIA_TYPE = "application/problem+json"
_RETRYABLE_SQLSTATES = ("08", "0A000", "53", "57", "40001", "40P01", "55P03")
"""Connection lost, a statement that was prepared before a migration, resources exhausted (disk full), shutting down, serialisation, deadlock, lock not available."""


class ResponseInterrupted(RuntimeError):
    """A response failed half-way: the connection is cut, and the cause stands in the log by its class alone."""


_BY_STATUS: Mapping[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        BadRequest,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        PreconditionFailed,
    )
} | {413: TooLarge, 415: UnsupportedMediaType, 503: Unavailable}


def problem_response(problem: Problem) -> Response:
    return JSONResponse(problem.body(), problem.status, problem.headers(), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of this app as a problem: ours, the framework's and those that nobody expected."""
    fields = FieldErrors(app)

    async def ours(_: Request, error: Exception) -> Response:
        return problem_response(as_problem(error))

    async def unreadable(_: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else ()
        if any(one.get("type") == "json_invalid" for one in found):
            return problem_response(NotJson())
        return problem_response(Invalid(errors=fields.without_values(found)))

    async def framework(_: Request, error: Exception) -> Response:
        return _of_framework(error)

    app.add_exception_handler(Problem, ours)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, framework)
    app.add_middleware(UnforeseenErrors)


def _of_framework(error: Exception) -> Response:
    """The answer to an error of Starlette or FastAPI: 404, 405, a body that could not be read. Its detail is not
    repeated.
    """
    if isinstance(error.__cause__, Problem):  # raised while the body was read, for example TooLarge
        return problem_response(error.__cause__)
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = _BY_STATUS.get(status, Problem)()
    body = {**problem.body(), "status": status}
    if type(problem) is Problem and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        body |= {"type": "about:blank", "code": "http", "title": HTTPStatus(status).phrase}
    response = JSONResponse(body, status, problem.headers(), MEDIA_TYPE)
    allow = (getattr(error, "headers", None) or {}).get("Allow")
    if allow is not None:
        response.headers["Allow"] = allow
    return response


def as_problem(error: Exception) -> Problem:
    """The problem that the caller is told: our own, "try again" for a resource that is away, else an unexpected fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TooLargeToSay):
        return TooLarge()
    if isinstance(error, ClientDisconnect):
        return BadRequest()  # a caller that has gone reads no answer
    if isinstance(error, (PoolTimeout, ConnectionError, TimeoutError, TransportError)) or _retryable(error):
        return Unavailable()
    return Unexpected()


def _retryable(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or sqlstate(error).startswith(_RETRYABLE_SQLSTATES)


class UnforeseenErrors:
    """ASGI middleware: an error that nobody handled becomes a problem here, so that no server prints it with its values. An answer
    that had begun is cut off, so that nobody takes a part of it for the whole. `answer` makes the answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        answer: Callable[[Scope, Problem], Response] = lambda _, problem: problem_response(problem),
    ) -> None:
        self.app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noticing(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noticing)
        except Exception as error:  # noqa: BLE001  # the last place before the server
            problem = as_problem(error)
            _log_failure(problem, error)
            if scope["type"] != "http" or started:
                raise ResponseInterrupted from None
            await self._answer(scope, problem)(scope, receive, send)


def _log_failure(problem: Problem, error: Exception) -> None:
    if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    log = structlog.get_logger("chassis.web.answers")
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    log.error(
        "request.failed",
        error=type(cause).__name__,
        code=problem.code,
        instance=getattr(problem, "instance", None),
    )
