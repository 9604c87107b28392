"""The parts that the OpenAPI documents of all services share: versions, idempotency and the answers to errors, at
every route.

Written here once, because FastAPI knows none of it: it comes from middleware, handlers of exceptions and
dependencies.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.identity.access import CaseRefused
from chassis.problems import (
    BadRequest,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    NotJson,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unexpected,
    UnsupportedMediaType,
)
from chassis.web import deprecation
from chassis.web.answers import MEDIA_TYPE
from chassis.web.case_names import NAMES
from chassis.web.refusals import NotYetHeard
from chassis.web.route_problems import Kinds, followed
from chassis.web.routes import every_route
from contracts.casefile.reference import PATTERN

Json = dict[str, Any]

NEEDED = "x-needed"
"""Marks a header that FastAPI may not demand, because its absence has an answer of its own (428 and not 422)."""
_WRITES = frozenset({"post", "put", "patch", "delete"})
_ALWAYS = (Unauthenticated, Invalid, Unexpected, Unavailable)
_WRITING = (TooLarge, UnsupportedMediaType)
_MOVED = frozenset({409, 412, 428})
"""The statuses of what somebody does. Whoever only reads is refused with none of them."""
_PUBLIC = "/health/"
_PUBLIC_KINDS: Kinds = frozenset({Unauthenticated, Invalid})
"""Of what is asked about the process itself. A wrong token is refused also where none is needed."""
CASE_REFERENCE: Json = {
    "type": "string",
    "pattern": PATTERN,
    "description": "the reference of the case; small letters, spaces and missing dashes are taken too",
}
KEY = r"^[A-Za-z0-9_\-.:]{8,80}$"

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "made by the caller for this command; sent again under it, it is done once and answered as at first",
    "schema": {"type": "string", "pattern": KEY},
}
_HEADERS = ("ETag", "Idempotency-Replayed")
_COMPONENT_HEADERS: Json = {
    "ETag": {
        "description": "the version of what was read or changed, where it has one; for If-Match",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "the command was done before under this Idempotency-Key; this is its first answer",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


class DocumentedApi(FastAPI):
    """An app whose document tells everything that its routes do. `parts` are the classes of what its routes are given, by name."""

    def __init__(self, parts: Mapping[str, type], **more: Any) -> None:
        super().__init__(generate_unique_id_function=operation_id, **more)
        self._parts = frozenset(parts.items())

    def openapi(self) -> Json:
        if self.openapi_schema is None:
            made, problems = super().openapi(), followed(self._parts)
            _complete(made, {one.name: problems.of(one.dependant) for one in every_route(self.routes)})
        document: Json = self.openapi_schema or {}
        return document


def operation_id(route: APIRoute) -> str:
    """The name of the route's function, `verb_noun`: a generated client of a document calls the route by that name."""
    return route.name


def _complete(document: Json, reached: Mapping[str, Kinds]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for ours in ("HTTPValidationError", "ValidationError"):  # the framework's own answer
        schemas.pop(ours, None)
    components["headers"] = {**_COMPONENT_HEADERS, **deprecation.HEADERS}
    responses = components["responses"] = {}
    codes: set[str] = set()
    for name in _reached(document, [*document["paths"].values()]):
        _name_cases(schemas[name].get("properties", {}))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            public, writes = path.startswith(_PUBLIC), method in _WRITES
            kinds = _PUBLIC_KINDS if public else _kinds(operation, reached[operation["operationId"]], writes)
            _describe(operation, writes, repeats=IdempotencyMismatch in kinds, public=public)
            for status, some in groupby(sorted(kinds, key=_place), key=attrgetter("status")):
                name, responses[name], schemas[name] = _response(status, list(some))
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
            codes |= {code for kind in kinds for code in kind.all_codes()}
    schemas["Problem"] = _problem_schema(sorted(codes))


def _reached(document: Json, items: list[Json]) -> set[str]:
    """The schemas that bodies are made of."""
    found: set[str] = set()
    waiting = [operation.get("requestBody") for item in items for operation in item.values()]
    while waiting:
        names = {ref.rpartition("/")[2] for ref in _references(waiting.pop())} - found
        found |= names
        waiting += [document["components"]["schemas"][name] for name in names]
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _name_cases(schemas: Json) -> None:
    """By name: of parameters or members, those that name a case."""
    for name, schema in schemas.items():
        if NAMES.fullmatch(name) is None:
            continue
        for place in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
            if place.pop("format", None) == "uuid":
                place.update(anyOf=[{"type": place.pop("type"), "format": "uuid"}, CASE_REFERENCE])


def _describe(operation: Json, writes: bool, *, repeats: bool, public: bool) -> None:
    """Headers of a route, and of what it answers where nothing goes wrong. `repeats`: an Idempotency-Key makes a difference."""
    parameters = operation.setdefault("parameters", [])
    _name_cases({one["name"]: one["schema"] for one in parameters})
    for status, response in operation["responses"].items():
        if status.startswith("2") and not public:
            names = [
                *(_HEADERS if writes else _HEADERS[:1]),
                *(deprecation.HEADERS if deprecation.SUNSET in operation else ()),
            ]
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    _mark_needed(parameters)
    if repeats:
        parameters.append(_IDEMPOTENCY_KEY)


def _kinds(operation: Json, reached: Kinds, writes: bool) -> Kinds:
    kinds: set[type[Problem]] = {*reached, *_ALWAYS}
    if any(issubclass(kind, CaseRefused) for kind in kinds):
        kinds |= {NotYetHeard, NotFound}
    if not writes:
        return frozenset(kinds - {kind for kind in kinds if kind.status in _MOVED} - {IdempotencyMismatch})
    return frozenset({*kinds, *_WRITING, *((NotJson, BadRequest) if _takes_json(operation) else ())})


def _takes_json(operation: Json) -> bool:
    return "application/json" in operation.get("requestBody", {}).get("content", {})


def _place(kind: type[Problem]) -> tuple[int, str]:
    return kind.status, kind.code


def _mark_needed(parameters: list[Json]) -> None:
    """If-Match as a client sees it: a header that the dependency marks is required, though its absence is 428 and not 422."""
    for one in parameters:
        if one["name"] == "If-Match":
            one["required"] = bool(one["schema"].pop(NEEDED, False))
            one["schema"] = {"type": "string"}


def _problem_schema(codes: Sequence[str]) -> Json:
    text, number = {"type": "string"}, {"type": "integer"}
    place = {"type": "array", "items": {"anyOf": [text, number]}}
    error = {
        "type": "object",
        "required": ["loc", "msg", "code"],
        "properties": {"loc": place, "msg": text, "code": text},
    }
    return {
        "type": "object",
        "description": "RFC 9457. No member repeats what was sent.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": text,
            "title": text,
            "status": number,
            "code": {**text, "enum": [*codes, "http"]},
            "detail": text,
            "instance": {**text, "description": "under which an operator finds the fault in the log"},
            "errors": {"type": "array", "items": error},
        },
    }


def _response(status: int, kinds: Sequence[type[Problem]]) -> tuple[str, Json, Json]:
    """The answer of one status and its schema, under a name that says which problems it may be: the same for every route with the
    same ones, so that a generated client has one class for all of these.
    """
    titles = {code: kind.title for kind in kinds for code in kind.all_codes()}
    words = re.findall("[a-z]+", " ".join(dict.fromkeys(kind.codelist or kind.code for kind in kinds)))
    narrowed = {"properties": {"code": {"enum": list(titles)}}}
    name = f"Problem{status}{''.join(word.title() for word in words)}"
    response = {
        "description": "; ".join(f"`{code}`: {title}" for code, title in titles.items()),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }
    return name, response, {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
