"""Every error has a name, a status and a code. `chassis.web.answers` answers it as problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from contracts.codes import codes

RETRY_AFTER_SECONDS = 2


class Problem(Exception):
    """An error that a caller is told about. We write `detail`: it must not contain anything that was sent."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "The service failed"
    detail: str | None = None
    codelist: ClassVar[str | None] = None
    """The code list that the code of one occurrence is of, where that says more than the class."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or type(self).detail

    @classmethod
    def all_codes(cls) -> tuple[str, ...]:
        """Every code that an answer of this class may have."""
        return (cls.code,) if cls.codelist is None else tuple(codes(cls.codelist))

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


class MachineRefused(Forbidden):
    """A system whose account is not in force: not listed, without this role, of an organisation that is not active, or at a
    service that takes no machines.
    """

    code, title = "machine-refused", "This machine's account is not in force here"


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


class AlreadyThere(Conflict):
    """A thing was to be made under an identifier that another one has."""

    code, title = "already-there", "There is one already"


class LinkedCaseOpen(Conflict):
    """Somebody is linked with this person, and it was not said that this one stays. The code is of the list `case_block`."""

    code = "linked-case-open"
    title = (
        "Somebody who is linked with this person is in an open case: say whether that one stays (linked_stay)"
    )

    def body(self) -> dict[str, Any]:
        return {**super().body(), "blocks": [self.code]}


class CaseClosed(Conflict):
    """Nobody works on the case any more, and something new was to leave it."""

    code, title = "case-closed", "The case is closed: resume it first, then do this"


class NotSecondPerson(Conflict):
    """An act that one person did is looked at by another."""

    code, title = "second-person", "Somebody else than who did it must look at it"


class ProposerLeft(WrongState):
    """A proposal that an operator makes anew, if it is still wanted."""

    code, title = "proposer-gone", "Whoever proposed it is no operator any more"


class PreconditionFailed(Problem):
    """A lost race: somebody changed it since the caller, or this request before its transaction, had read it."""

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


class TooMany(Problem):
    status, code, title = 429, "too-many", "Too many questions; ask again later"

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Retry-After": str(self.seconds)}


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "Not possible at the moment; try again"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Retry-After": str(RETRY_AFTER_SECONDS)}


def expect(version: int, seen: int | None) -> None:
    """If-Match: the version that the caller saw is still the present one; None: they saw none. Raises PreconditionFailed."""
    if seen is not None and seen != version:
        raise PreconditionFailed


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
