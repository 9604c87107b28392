"""The ground of every route: the actor, one transaction for the request, idempotency, versions and pages."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chassis.database import Database, Transaction
from chassis.identity.auth import Actor, authenticate
from chassis.problems import Invalid, PreconditionRequired
from chassis.web.api_document import KEY, NEEDED
from chassis.web.idempotency import ReplayedAnswer, claim, remember
from chassis.web.moves import MoveView
from contracts import base64url

T = TypeVar("T")
_KEY = re.compile(KEY)
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

Who = Annotated[Actor, Depends(authenticate)]
"""The caller, by a valid token; 401 otherwise."""


class Done(BaseModel):
    """The answer to every command: the identifier of the thing that it made or moved, and its version now."""

    id: UUID
    version: int | None = None


async def replayed(_: Request, again: Exception) -> Response:
    """The exception handler that gives the first answer again."""
    if not isinstance(again, ReplayedAnswer):
        raise again
    headers = {"Idempotency-Replayed": "true"} | (
        {"ETag": etag(again.version)} if again.version is not None else {}
    )
    body = {"id": None if again.resource_id is None else str(again.resource_id), "version": again.version}
    return JSONResponse(body, again.status, headers)


def done(
    tx: Transaction,
    response: Response,
    resource_id: UUID,
    version: int | None = None,
    *,
    status: int = 200,
    location: str | None = None,
) -> Done:
    """Answer a command and remember its status and identifier (never a body) under the Idempotency-Key."""
    response.status_code = status
    if version is not None:
        response.headers["ETag"] = etag(version)
    if location is not None:
        response.headers["Location"] = location
    if tx.idempotency is not None:
        tx.idempotency.status, tx.idempotency.resource_id, tx.idempotency.version = (
            status,
            resource_id,
            version,
        )
    return Done(id=resource_id, version=version)


def etag(version: int, shown: str | None = None) -> str:
    """The ETag of a version; with `shown`, a hash, also of what a view computes beside it."""
    return f'"{version}"' if shown is None else f'"{version}.{shown}"'


_ETAG = re.compile(r'(?:W/)?"(\d{1,18})(?:\.([0-9a-f]{64}))?"')


_SEEN = "the ETag of what was read; 412 where it has changed since. `*` says: whatever it is"


async def if_match(
    if_match: Annotated[str | None, Header(alias="If-Match", description=_SEEN)] = None,
) -> int | None:
    """The version that the caller saw, from If-Match; None where the header is absent or `*`."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise Invalid("If-Match must be an ETag that this service gave")
    return int(found.group(1))


IfMatch = Annotated[int | None, Depends(if_match)]
"""For protective verbs and moves: an old page must not stand in the way of a person who takes something back."""


async def seen(
    needed: Annotated[
        str | None, Header(alias="If-Match", description=_SEEN, json_schema_extra={NEEDED: True})
    ] = None,
) -> int | None:
    """The version that the caller saw. Raises PreconditionRequired without If-Match; `*` means any version."""
    if needed is None:
        raise PreconditionRequired
    return await if_match(needed)


Seen = Annotated[int | None, Depends(seen)]
"""For commands that replace values: nobody overwrites unseen the values that another has written."""


async def seen_exactly(version: Seen) -> int:
    """The version that the caller saw, and no other. Raises PreconditionRequired for `*` too."""
    if version is None:
        raise PreconditionRequired
    return version


SeenExactly = Annotated[int, Depends(seen_exactly)]
"""For whoever approves: what is approved are the words that were read."""


async def seen_shown(request: Request, _: SeenExactly) -> str | None:
    """The hash of what a view computed beside the version, as the caller saw it; None where the ETag has none."""
    found = _ETAG.fullmatch(request.headers.get("if-match", "").strip())
    return None if found is None else found.group(2)


SeenShown = Annotated[str | None, Depends(seen_shown)]
"""For whoever approves what a view computes: it may have changed although the thing has not."""


async def transaction(request: Request, actor: Who) -> AsyncIterator[Transaction]:
    """One request, one transaction: committed after the route returns and before the response is sent."""
    database: Database = request.app.state.database
    key = request.headers.get("idempotency-key") if request.method in _WRITES else None
    if key is not None and not _KEY.match(key):
        raise Invalid("Idempotency-Key must be 8 to 80 letters, digits or -_.:")
    async with database.transaction(actor.origin()) as tx:
        if key is not None:
            tx.idempotency = await claim(tx.conn, request, actor, key)
        yield tx
        if tx.idempotency is not None:
            await remember(tx, tx.idempotency)


Tx = Annotated[Transaction, Depends(transaction, scope="function")]

one_transaction = asynccontextmanager(transaction)
"""The transaction of a route that has to ask another service after the commit and before it answers."""


@dataclass(frozen=True, slots=True)
class PageQuery:
    """`limit` rows after an opaque keyset position; `after` holds the position's parts, None on the first page."""

    limit: int
    after: tuple[str, ...] | None


async def page(
    limit: Annotated[int, Query(ge=1, le=200, description="rows on a page")] = 50,
    after: Annotated[str | None, Query(max_length=400, description="`next` of the page before")] = None,
) -> PageQuery:
    if after is None:
        return PageQuery(limit, None)
    try:
        text_ = base64url.decode(after).decode()
    except ValueError as error:
        raise Invalid("`after` must be the `next` of a page before") from error
    if "\x00" in text_:  # no text of a database has one
        raise Invalid("`after` must be the `next` of a page before")
    return PageQuery(limit, tuple(text_.split("\x1f")))


Page = Annotated[PageQuery, Depends(page)]


def cursor(*parts: object) -> str:
    """The opaque position of a row, from the values that order it."""
    texts = (part.isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return base64url.encode("\x1f".join(texts).encode())


def following(rows: Sequence[Any], page: PageQuery, *order: str) -> str | None:
    """The position after the last row, where the page is full. `order` names the attributes that order the rows."""
    return cursor(*(getattr(rows[-1], name) for name in order)) if len(rows) == page.limit else None


class Listing(BaseModel, Generic[T]):
    """One page; `next` is None on the last. `moves`: what may be made that will stand here, or done with all of it."""

    items: list[T]
    next: str | None = None
    moves: list[MoveView] = []
