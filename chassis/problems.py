"""Every error has a name, a status and a code, and is answered as problem+json (RFC 9457) without echoing what was sent."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import uuid4

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

from chassis.outbox import TooLargeToSay
from chassis.validation import FieldErrors

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
_RETRYABLE_SQLSTATES = ("08", "53", "57", "40001", "40P01", "55P03")
"""Connection lost, resources exhausted (disk full), shutting down, serialisation, deadlock, lock not available."""


class Problem(Exception):
    """An error that a caller is told about. `detail` is written by us: it must not contain anything that was sent."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "The service failed"
    detail: str | None = None

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or type(self).detail

    def body(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "type": f"urn:corridor:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        return members if self.detail is None else {**members, "detail": self.detail}

    def headers(self) -> dict[str, str]:
        return {}


class Unauthenticated(Problem):
    status, code, title = 401, "unauthenticated", "A valid access token is needed"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "WWW-Authenticate": 'Bearer error="invalid_token"'}


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(Problem):
    """Not there, or not for this actor: the two look the same."""

    status, code, title = 404, "not-found", "Not found"


class MethodNotAllowed(Problem):
    status, code, title = 405, "method-not-allowed", "This method is not offered here"


class Conflict(Problem):
    status, code, title = 409, "conflict", "The request conflicts with the present state"


class WrongState(Conflict):
    """The verb is not one of the moves from the present state."""

    code, title = "wrong-state", "The present state does not allow this"


class PreconditionFailed(Problem):
    status, code, title = 412, "precondition-failed", "It has changed since it was read"


class PreconditionRequired(Problem):
    """Values would be replaced by somebody who may not have seen them."""

    status, code, title = (
        428,
        "precondition-required",
        "This change needs If-Match with the ETag that was read",
    )


class TooLarge(Problem):
    status, code, title = 413, "too-large", "The body is too large"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported-media-type", "This kind of file or body is not taken"


class Invalid(Problem):
    """The request is understood and refused. `errors` are `{loc, msg, code}`; none of them holds a value."""

    status, code, title = 422, "invalid", "The request is not valid"

    def __init__(self, detail: str | None = None, errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(detail)
        self.errors = [dict(error) for error in errors]

    def body(self) -> dict[str, Any]:
        return {**super().body(), "errors": self.errors} if self.errors else super().body()


class IdempotencyMismatch(Problem):
    status, code, title = 422, "idempotency-mismatch", "This Idempotency-Key was used for another request"


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "Not possible at the moment; try again"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Retry-After": str(RETRY_AFTER_SECONDS)}


class BadRequest(Problem):
    status, code, title = 400, "bad-request", "The request cannot be read"


class NotJson(BadRequest):
    code, title = "not-json", "The body is not valid JSON"


class Unexpected(Problem):
    """A fault of ours. The caller gets a random identifier, under which the log has the class of the exception."""

    def __init__(self) -> None:
        super().__init__()
        self.instance = f"urn:uuid:{uuid4()}"

    def body(self) -> dict[str, Any]:
        return {**super().body(), "instance": self.instance}


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
    app.add_middleware(Unforeseen)


def _of_framework(error: Exception) -> Response:
    """Starlette's and FastAPI's own: 404, 405, a body that could not be read. Their detail is not repeated."""
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
    """What the caller is told: our own problem, "try again" for a resource that is away, else an unexpected fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TooLargeToSay):
        return TooLarge()
    if isinstance(error, ClientDisconnect):
        return BadRequest()  # nobody reads it
    if isinstance(error, (PoolTimeout, ConnectionError, TimeoutError, TransportError)) or _retryable(error):
        return Unavailable()
    return Unexpected()


def _retryable(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or sqlstate.startswith(_RETRYABLE_SQLSTATES)


class Unforeseen:
    """ASGI middleware: whatever nobody handled becomes a problem here, so that no server prints it with its values."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

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
            _log(problem, error)
            if scope["type"] != "http" or started:
                raise ResponseInterrupted from None
            await problem_response(problem)(scope, receive, send)


def _log(problem: Problem, error: Exception) -> None:
    if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    log = structlog.get_logger("chassis.problems")
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    log.error(
        "request.failed",
        error=type(cause).__name__,
        code=problem.code,
        instance=getattr(problem, "instance", None),
    )
