"""Ways to spoil a right body, found by walking its schema: each is refused, whatever the route."""

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from chassis.web.http import cursor

CANARY = "Canary-Somsri-7f3a"
LEVELS = 10_000
HUGE = 2_000_000
JSON = "application/json"
NUL, SURROGATE = f"{CANARY}\x00", f"{CANARY}\ud800"
NO_DATES = (
    "2026-02-30T00:00:00Z",
    "20000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "2026-12-24T10:00:00",
    CANARY,
    4_102_444_800,
)
NO_BIRTHDATES = ("2026-02-30", "20000-01-01", "2199-01-01", "1998-13", CANARY)
NO_INTEGERS = (10**30, -(10**30), 1.5, CANARY, [], {})
NO_STRINGS = (17, True, 1e308, [[CANARY]], {CANARY: CANARY}, NUL, SURROGATE)
NO_BOOLEANS = (17, CANARY, [], {})
NO_LISTS = (17, CANARY, {CANARY: CANARY}, [None], [[]], [{CANARY: CANARY}])
NO_OBJECTS = (17, CANARY, [], [CANARY])
BY_KIND: Mapping[Any, Sequence[Any]] = MappingProxyType(
    {
        "string": NO_STRINGS,
        "integer": NO_INTEGERS,
        "boolean": NO_BOOLEANS,
        "array": NO_LISTS,
        "object": NO_OBJECTS,
    }
)

Schema = Mapping[str, Any]
Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A body that nobody may take; `what` says why, for whoever reads the failure."""

    what: str
    content: bytes
    content_type: str | None = JSON


@dataclass(frozen=True, slots=True)
class Document:
    """The OpenAPI document of one service."""

    root: Schema

    def body_of(self, method: str, path: str) -> Schema | None:
        content = self.root["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
        schema: Schema | None = content.get(JSON, {}).get("schema")
        return None if schema is None else self.resolved(schema)

    def parameters_of(self, method: str, path: str) -> list[tuple[str, str, Schema]]:
        """Where it stands, its name and its schema."""
        found = self.root["paths"][path][method.lower()].get("parameters", [])
        return [(one["in"], one["name"], self.resolved(one["schema"])) for one in found]

    def resolved(self, schema: Schema) -> Schema:
        """Through references, and without the null of an optional field; `nullable` tells of it."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self.resolved(self.root["components"]["schemas"][name])
        kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
        if len(kinds) == 1:
            return {**schema, **self.resolved(kinds[0]), "nullable": True}
        return schema


def spoilt(document: Document, schema: Schema, body: Any) -> Iterator[Spoilt]:
    yield from _as_a_whole(body)
    yield from _members(schema, body)
    for where, there, value in _places(document, schema, body, ()):
        for bad in _bad_values(there, value):
            changed = copy.deepcopy(body)
            _put(changed, where, bad)
            yield Spoilt(f"{'.'.join(map(str, where))} = {bad!r:.60}", _json(changed))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _as_a_whole(body: Any) -> Iterator[Spoilt]:
    right = _json(body)
    for raw in (b"", b"{", right[:-1], right + b"}", b"\xff\xfe\xfd", CANARY.encode(), b"NaN", b'{"a":\x00}'):
        yield Spoilt(f"malformed {raw[:20]!r}", raw)
    for other in (None, "text/plain", "application/xml", "application/x-www-form-urlencoded"):
        yield Spoilt(f"as {other}", right, other)
    for value in ([body], [], CANARY, 17, None, True):
        yield Spoilt(f"no object: {value!r:.30}", _json(value))
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = opening * LEVELS + b"1" + closing * LEVELS
        yield Spoilt("deep", deep)
        yield Spoilt("deep within", right[:-1] + _after(body) + b'"extra":' + deep + b"}")
    yield Spoilt("UTF-16", right.decode().encode("utf-16"))


def _members(schema: Schema, body: Mapping[str, Any]) -> Iterator[Spoilt]:
    for name in schema.get("required", ()):
        yield Spoilt(f"without {name}", _json({k: v for k, v in body.items() if k != name}))
    for extra in (CANARY, "actor", "__proto__", "\x00", "\ud800"):
        yield Spoilt(f"with {extra!r}", _json({**body, extra: CANARY}))
    yield Spoilt("huge", _json({**body, "padding": CANARY + "x" * HUGE}))
    for number in (b"1e999", b"-Infinity", b"9" * 5_000):
        yield Spoilt(
            f"with the number {number[:9]!r}", _json(body)[:-1] + _after(body) + b'"n":' + number + b"}"
        )
    for name, value in body.items():
        twice = _json(body)[:-1] + b"," + _json({name: value})[1:]
        yield Spoilt(f"{name} twice", twice)


def _after(body: Mapping[str, Any]) -> bytes:
    return b"," if body else b""


def _places(
    document: Document, schema: Schema, value: Any, where: Where
) -> Iterator[tuple[Where, Schema, Any]]:
    """Every field of the schema, also those that the right body leaves out; inner ones where the body has them."""
    if schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            there = document.resolved(inner)
            present = value.get(name) if isinstance(value, Mapping) else None
            yield (*where, name), there, present
            yield from _places(document, there, present, (*where, name))
        free = schema.get("additionalProperties")
        if isinstance(free, Mapping) and isinstance(value, Mapping):
            for name, present in value.items():
                yield (*where, name), {**document.resolved(free), "member": name}, present
    elif schema.get("type") == "array" and isinstance(value, list) and value:
        there = document.resolved(schema.get("items", {}))
        yield (*where, 0), there, value[0]
        yield from _places(document, there, value[0], (*where, 0))


def _bad_values(schema: Schema, present: Any) -> Iterator[Any]:
    if "member" in schema:
        yield from (17, {CANARY: CANARY}, NUL, SURROGATE, [NUL], [[CANARY]])
        yield from NO_BIRTHDATES if schema["member"] == "prs_Birthdate" else ()
    kind = schema.get("type")
    yield from BY_KIND.get(kind, ())
    if kind == "string":
        yield from _bad_strings(schema)
    if kind == "array" and "maxItems" in schema and present:
        yield present * (schema["maxItems"] + 1)
    if kind == "object" and isinstance(present, Mapping):
        yield from ({**present, extra: "x"} for extra in (CANARY, NUL, SURROGATE))
    if kind is not None and not schema.get("nullable"):
        yield None


def _bad_strings(schema: Schema) -> Iterator[Any]:
    if schema.get("format") == "date-time":
        yield from NO_DATES
    if any(limit in schema for limit in ("pattern", "enum", "format", "x-codelist")):
        pattern = re.compile(schema.get("pattern", "$^"))
        strange = (CANARY, f"{CANARY} ", f"{CANARY}\x07", "", "x" * 5_000)
        coded = not {"enum", "x-codelist"}.isdisjoint(schema)
        yield from (one for one in strange if coded or pattern.search(one) is None)
    if "maxLength" in schema:
        yield CANARY * (schema["maxLength"] // len(CANARY) + 1)


def _put(body: Any, where: Where, value: Any) -> None:
    for part in where[:-1]:
        body = body[part]
    body[where[-1]] = value


def bad_cursors() -> Sequence[str]:
    """Positions that no service gave: no base64, no text, and right text with absurd parts."""
    absurd = ("\x00", "²", "+1", "9" * 100, "X y", "2026-02-30T00:00:00+00:00", "20000-01-01T00:00:00Z")
    nobody = "00000000-0000-0000-0000-000000000000"
    shaped = [cursor(*[part] * count) for part in absurd for count in (1, 2, 3, 4)]
    timed = [
        cursor(at, *rest)
        for at in ("2026-11-24T09:00:00", "0001-01-01T00:00:00+14:00", "2026-11-24")
        for rest in ((nobody,), (nobody, nobody), ("a", "b", "1"), ("a", "b", "9" * 30))
    ]
    return ("%%%", "=", "a", "_w", CANARY * 30, "\x00", "ä", *shaped, *timed, cursor(*"123456789"))
