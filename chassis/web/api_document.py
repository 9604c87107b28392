"""The parts that the OpenAPI documents of all services share: versions, idempotency and the answers to errors, at
every route.

Written here once, because FastAPI knows none of it: it comes from middleware, handlers of exceptions and
dependencies.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.problems import Problem
from chassis.web.answers import MEDIA_TYPE
from chassis.web.case_names import NAMES
from chassis.web.token_first import PUBLIC_BELOW
from contracts.casefile.reference import PATTERN

Json = dict[str, Any]

NEEDED = "x-needed"
"""Marks a header that FastAPI may not demand, because its absence has an answer of its own (428 and not 422)."""
_WRITES = frozenset({"post", "put", "patch", "delete"})
_ALWAYS = (401, 403, 404, 422, 500, 503)
_WRITING = (400, 409, 413, 415)
CASE_REFERENCE: Json = {
    "type": "string",
    "pattern": PATTERN,
    "description": "the reference of the case; small letters, spaces and missing dashes are taken too",
}
_PUBLIC = {"/health/": {422}, PUBLIC_BELOW: {422, 429, 500, 503}}
"""The beginning of each path that needs no token, with its errors."""
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
    """An app whose document tells everything that its routes do. `service` names whose own problems it has beside the
    chassis'.
    """

    def __init__(self, service: str, **more: Any) -> None:
        super().__init__(generate_unique_id_function=operation_id, **more)
        self._service = service

    def openapi(self) -> Json:
        if self.openapi_schema is None:
            _complete(
                super().openapi(), sorted(_problems(Problem, self._service), key=lambda kind: kind.code)
            )
        document: Json = self.openapi_schema or {}
        return document


def operation_id(route: APIRoute) -> str:
    """The name of the route's function, `verb_noun`: a generated client of a document calls the route by that name."""
    return route.name


def _problems(kind: type[Problem], service: str) -> Iterator[type[Problem]]:
    if kind.__module__.startswith(("chassis.", f"services.{service}.")):
        yield kind
    for one in kind.__subclasses__():
        yield from _problems(one, service)


def _complete(document: Json, kinds: list[type[Problem]]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for ours in ("HTTPValidationError", "ValidationError"):  # the framework's own answer
        schemas.pop(ours, None)
    schemas["Problem"] = _problem_schema(kinds)
    components["headers"] = _COMPONENT_HEADERS
    components["responses"] = {
        f"Problem{status}": _response([kind for kind in kinds if kind.status == status])
        for status in sorted({kind.status for kind in kinds})
    }
    for name in _reached(document, [*document["paths"].values()]):
        _name_cases(schemas[name].get("properties", {}))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            public = next((errors for begin, errors in _PUBLIC.items() if path.startswith(begin)), None)
            _describe(operation, method in _WRITES, public)


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


def _describe(operation: Json, writes: bool, public: set[int] | None) -> None:
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    _name_cases({one["name"]: one["schema"] for one in parameters})
    if public is not None:
        statuses = set(public)
    else:
        statuses = {*_ALWAYS, *(_WRITING if writes else ()), *_preconditions(parameters)}
        for status, response in responses.items():
            if status.startswith("2"):
                names = _HEADERS if writes else _HEADERS[:1]
                response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if writes:
        parameters.append(_IDEMPOTENCY_KEY)
    for status in sorted(statuses):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _preconditions(parameters: list[Json]) -> Iterator[int]:
    """The statuses of If-Match, where the route reads it; a header that the dependency marks as needed adds 428."""
    for one in parameters:
        if one["name"] == "If-Match":
            one["required"] = bool(one["schema"].pop(NEEDED, False))
            one["schema"] = {"type": "string"}
            yield from (412, 428) if one["required"] else (412,)


def _problem_schema(kinds: list[type[Problem]]) -> Json:
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
            "code": {**text, "enum": [*dict.fromkeys(kind.code for kind in kinds), "http"]},
            "detail": text,
            "instance": {**text, "description": "under which an operator finds the fault in the log"},
            "errors": {"type": "array", "items": error},
        },
    }


def _response(kinds: list[type[Problem]]) -> Json:
    codes = {kind.code: kind.title for kind in kinds}
    narrowed = {"properties": {"code": {"enum": list(codes)}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
    return {
        "description": "; ".join(f"`{code}`: {title}" for code, title in codes.items()),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
