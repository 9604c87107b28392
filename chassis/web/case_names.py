"""A case is named by its identifier or by its reference, wherever a request has a `case_id`: in the path, among the query
parameters, in a JSON body. The reference becomes the identifier before a route sees it, so that no route knows of it.

A reference that is not known here stands for an identifier that no case has: whoever sent it is answered as for an
identifier that is not known, and another service is asked for the case by the reference itself (`refusals`).
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid5

from fastapi import Request

from chassis.identity.auth import Actor
from chassis.identity.references import cases_named
from chassis.problems import Invalid
from contracts.casefile.reference import InvalidReference, parsed

NAMES = re.compile(r"(?:[a-z_]{1,30}_)?case_ids?")
"""Parameters and members that name a case, or a list of them."""
DEPTH = 8
"""Deeper in a body nothing is looked for: no form is so deep."""
_UNKNOWN = UUID("8f0c4b0e-55a0-4c1b-9e0b-4b1d1f6d0c5e")
"""Namespace of the identifiers that stand for unknown references."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A place of the request in which a case is named by something else than its identifier."""

    place: tuple[str | int, ...]
    holder: Any
    key: Any
    text: str


async def named_cases(request: Request) -> None:
    """A dependency of the whole app. Raises Invalid for what is neither an identifier nor a reference, with its place."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None:  # a public path, which takes no case
        return
    query = [list(pair) for pair in parse_qsl(request.scope["query_string"].decode("latin-1"), True)]
    names = [
        *_names(request.path_params, ("path",)),
        *(name for pair in query for name in _named(("query", pair[0]), pair[0], pair, 1)),
        *_names(await _body(request), ("body",)),
    ]
    if not names:
        return
    references = _parsed(names)
    async with request.app.state.database.transaction(actor.origin()) as tx:
        known = await cases_named(tx, sorted({*references}))
    sent: dict[UUID, str] = {}
    for name, reference in zip(names, references, strict=True):
        case_id = known.get(reference) or uuid5(_UNKNOWN, reference)
        name.holder[name.key], sent[case_id] = str(case_id), reference
    request.state.named_cases = sent
    request.scope["query_string"] = urlencode([(name, value) for name, value in query]).encode()
    vars(request).pop("_query_params", None)  # the framework has read them already


def as_sent(request: Request, case_id: UUID) -> UUID | str:
    """The reference that this case was named by in the request, else its identifier."""
    named: dict[UUID, str] = getattr(request.state, "named_cases", {})
    return named.get(case_id, case_id)


async def _body(request: Request) -> Any:
    """The JSON body as the framework reads it too, so that it sees the identifier; None where there is none."""
    if b"json" not in dict(request.scope["headers"]).get(b"content-type", b""):
        return None
    with suppress(ValueError, RecursionError):
        return await request.json()
    return None


def _names(value: Any, place: tuple[str | int, ...]) -> Iterator[_Name]:
    """Every place in a JSON value, or among parameters, that names a case. A member on the way there may have been
    named by the caller, so that `*` stands for it.
    """
    if len(place) > DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _named((*place, name), name, value, name)
            yield from _names(inner, (*place, "*"))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _names(inner, (*place, number))


def _named(place: tuple[str | int, ...], name: str, holder: Any, key: Any) -> Iterator[_Name]:
    if NAMES.fullmatch(name) is None:
        return
    value = holder[key]
    if isinstance(value, list):
        yield from (
            _Name((*place, at), value, at, one) for at, one in enumerate(value) if _is_no_identifier(one)
        )
    elif _is_no_identifier(value):
        yield _Name(place, holder, key, value)


def _is_no_identifier(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        UUID(value)
    except ValueError:
        return True
    return False


def _parsed(names: list[_Name]) -> list[str]:
    references, errors = [], []
    for name in names:
        try:
            references.append(parsed(name.text))
        except InvalidReference as error:
            errors.append({"loc": list(name.place), "msg": str(error), "code": error.code})
    if errors:
        raise Invalid(errors=errors)
    return references
