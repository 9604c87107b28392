"""Turns validation errors into `{loc, msg, code}` that name the fault and its place, and never a value of the request."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI

from contracts.casefile.text import InvalidText
from contracts.codes import UnknownCode, codes

MAX_ERRORS = 50
MAX_INDEX = 1_000_000
"""A larger number in a path is no index of a body that we take, so it may be a value."""

ELSEWHERE = "*"
"""The stand-in, in a path, for a name that is not ours: an unknown field, or the key of a dictionary."""

_MESSAGES: Mapping[str, str] = {
    "missing": "this field is required",
    "extra_forbidden": "this field is not known",
    "json_invalid": "the body is not valid JSON",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "string_unicode": "must be Unicode text",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "finite_number": "must be a finite number",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} decimal places",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "timezone_aware": "must be an instant with its offset from UTC",
}
"""Our own words, with nothing in them but the limits of the schema. Every type that is not here is a plain refusal."""

_BY_PREFIX: Mapping[str, str] = {
    "uuid_": "must be a UUID",
    "datetime_": "must be an ISO 8601 instant",
    "date_": "must be an ISO 8601 date",
    "time_": "must be an ISO 8601 time",
    "int_": "must be a whole number",
    "float_": "must be a number",
    "decimal_": "must be a decimal number",
    "bool_": "must be true or false",
    "list_": "must be a list",
    "tuple_": "must be a list",
    "set_": "must be a list",
    "dict_": "must be an object",
    "model_": "must be an object",
    "url_": "must be a URL",
    "bytes_": "must be text",
    "none_": "must be null",
    "union_": "must be one of the forms of the schema",
}
_REFUSED = "is not valid"


class FieldErrors:
    """Strips the values of the request out of an app's validation errors; knows the app's own field names from its
    schema.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._names: frozenset[str] | None = None
        self._tags: frozenset[str] | None = None

    def without_values(self, errors: Sequence[Any]) -> list[dict[str, Any]]:
        """Each place and reason once: a body that a route and its preparing dependency both read is checked twice by
        the framework.
        """
        said: list[dict[str, Any]] = []
        for one in map(self._one, errors[: 2 * MAX_ERRORS]):
            if one not in said:
                said.append(one)
        return said[:MAX_ERRORS]

    def _one(self, error: Mapping[str, Any]) -> dict[str, Any]:
        code, message = _said(error)
        place = [part for part in error.get("loc", ()) if part not in self._known_tags()]
        if code.startswith(
            "union_tag_"
        ):  # the framework could not tell which form it is: the place is the field that tells
            place.append(str(error["ctx"]["discriminator"]).strip("'"))
        return {"loc": [self._part(part) for part in place], "msg": message, "code": code}

    def _part(self, part: object) -> str | int:
        if isinstance(part, int):
            return part if 0 <= part < MAX_INDEX else ELSEWHERE
        return part if isinstance(part, str) and part in self._known() else ELSEWHERE

    def _known_tags(self) -> frozenset[str]:
        """The values that tell the forms of a body apart (`given`, `refused`): the framework writes them into a path,
        but they are no place in the body.
        """
        if self._tags is None:
            self._tags = frozenset(_tags(self._app.openapi())) - self._known()
        return self._tags

    def _known(self) -> frozenset[str]:
        if self._names is None:
            places = ("body", "query", "path", "header", "cookie")
            self._names = frozenset((*places, *_names(self._app.openapi()), *_case_file_fields()))
        return self._names


def _said(error: Mapping[str, Any]) -> tuple[str, str]:
    kind = str(error.get("type", ""))
    context = error.get("ctx") or {}
    if isinstance(context.get("error"), UnknownCode):
        return "unknown-code", str(context["error"])  # the message names the list alone
    if isinstance(context.get("error"), InvalidText):
        return context["error"].code, str(context["error"])
    if kind in _MESSAGES:
        return kind, _MESSAGES[kind].format_map(_Limits(context))
    for prefix, message in _BY_PREFIX.items():
        if kind.startswith(prefix):
            return kind, message
    return "invalid", _REFUSED


class _Limits(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _names(schema: object) -> Iterator[str]:
    """The names of fields and parameters anywhere in an OpenAPI document."""
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            yield from (name for name in properties if isinstance(name, str))
        if "in" in schema and isinstance(schema.get("name"), str):
            yield schema["name"]
        for value in schema.values():
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)


def _tags(schema: object) -> Iterator[str]:
    """The values that tell apart the forms of a body, anywhere in an OpenAPI document."""
    if isinstance(schema, Mapping):
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, Mapping):
            yield from discriminator.get("mapping", {})
        for value in schema.values():
            yield from _tags(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _tags(value)


def _case_file_fields() -> Iterable[str]:
    """Forms that take many case-file fields have them as keys; these names are a code list, so they may be repeated."""
    try:
        return codes("field").keys()
    except KeyError:
        return ()
