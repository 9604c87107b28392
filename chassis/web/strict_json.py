"""Refuse a JSON body that two readers may read differently, before any route sees it.

RFC 8259 asks for UTF-8 (8.1) and leaves the meaning of a member that stands twice open (4); Python's reader also
takes UTF-16 and NaN. A NUL is no character of any text that we keep: PostgreSQL has none.
"""

import json
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import Invalid, UnsupportedMediaType
from chassis.web.answers import problem_response
from contracts.strict_json import MemberTwice, once

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotStrict(ValueError):
    """The message names the rule and nothing of the body."""


class StrictJson:
    """ASGI middleware: 415 for another kind of body than ours, 422 for ambiguous JSON; broken JSON is the route's to refuse."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope) or _is_form(scope):
            await self.app(scope, receive, send)
            return
        if not _is_json(scope):
            await problem_response(UnsupportedMediaType())(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:  # the caller has gone
            return
        try:
            check(body)
        except NotStrict as error:
            refusal = {"loc": ["body"], "msg": str(error), "code": "json_invalid"}
            await problem_response(Invalid(errors=[refusal]))(scope, receive, send)
            return
        await self.app(scope, _again(body, receive), send)


def check(body: bytes) -> None:
    """Check a body. Raises NotStrict. A body that cannot be read at all passes: the reader of the route refuses it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotStrict("the body is not UTF-8") from None
    if _NUL.search(text):
        raise NotStrict("the body has a NUL character")
    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=_no_constant)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except NotStrict:
        raise
    except MemberTwice:
        raise NotStrict("a member of the body stands twice") from None
    except UnicodeEncodeError:
        raise NotStrict("the body has half a character: a surrogate without the other") from None
    except (ValueError, RecursionError):
        return


def _no_constant(_: str) -> None:
    raise NotStrict("the body has a number that is none")


def _is_json(scope: Scope) -> bool:
    return b"json" in _header(scope, b"content-type")


def _is_form(scope: Scope) -> bool:
    """True for a file to import; its route looks at it."""
    return _header(scope, b"content-type").startswith(b"multipart/form-data")


def _has_body(scope: Scope) -> bool:
    """True for a body that is announced: HTTP/1.1 knows no other."""
    length = _header(scope, b"content-length")
    return length not in (b"", b"0") or _header(scope, b"transfer-encoding") != b""


def _header(scope: Scope, wanted: bytes) -> bytes:
    return b",".join(value for name, value in scope["headers"] if name == wanted).lower()


async def _whole(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, and after it the messages that follow."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
