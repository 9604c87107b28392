"""The JSON Schema of an event and of an envelope's claims, and what counts as breaking a released one."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Literal

import jsoncompat
from pydantic import TypeAdapter

from contracts.border.envelope import VERSION
from contracts.border.items import Claims
from contracts.catalogue import CATALOGUE
from contracts.classification import classify
from contracts.envelope import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FROZEN_KEYWORDS = ("pattern", "format", "enum", "const", "x-codelist", "x-classification")
"""jsoncompat does not compare these, so any difference in them counts as breaking."""

CLAIMS = f"border.claims.v{VERSION}"

Schema = dict[str, Any]


def events() -> list[type[Event]]:
    """Each event class once, by type; `record.read.v1` has a catalogue entry for every service."""
    return sorted({entry.event for entry in CATALOGUE}, key=lambda event: event.type)


def event_schema(event: type[Event]) -> Schema:
    """The schema of an event's body. Unknown fields are allowed: a reader ignores them."""
    schema = event.model_json_schema()
    for path, property_ in properties(schema):
        property_["x-classification"] = str(classify(event.type, path) or "unclassified")
    return {"$schema": DIALECT, "$id": f"urn:corridor:event:{event.type}", **schema, "title": event.__name__}


def claims_schema() -> Schema:
    """The signed body of an envelope. Unknown members are allowed; the class of the union is always named."""
    schema = TypeAdapter(Claims).json_schema()
    for definition in schema["$defs"].values():
        told = [name for name, property_ in definition["properties"].items() if "const" in property_]
        definition["required"] = [*definition.get("required", ()), *told]
    return {"$schema": DIALECT, "$id": f"urn:corridor:{CLAIMS}", **_plainly(schema)}


_WORDS = {"oneOf": "anyOf"}
"""Words with the same meaning for classes that a constant tells apart; jsoncompat compares `anyOf` alone."""


def _plainly(node: Any) -> Any:
    """The schema in JSON Schema alone: `discriminator` is a word of OpenAPI, and a member that always stands there
    has no default.
    """
    if isinstance(node, dict):
        unread = {"discriminator"} | ({"default"} if "const" in node else set())
        return {_WORDS.get(key, key): _plainly(value) for key, value in node.items() if key not in unread}
    return [_plainly(value) for value in node] if isinstance(node, list) else node


def documents() -> dict[str, Schema]:
    """The released documents: the body of each event, and the claims of an envelope."""
    return {**{event.type: event_schema(event) for event in events()}, CLAIMS: claims_schema()}


def properties(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every property with its dotted path, through references and arrays."""
    yield from _properties(schema, schema.get("$defs", {}), "")


def _properties(node: Schema, definitions: Schema, prefix: str) -> Iterator[tuple[str, Schema]]:
    for name, property_ in node.get("properties", {}).items():
        yield f"{prefix}{name}", property_
        found = list(_references(property_))
        for reference in found:
            which = f"({reference})" if len(found) > 1 else ""
            yield from _properties(definitions[reference], definitions, f"{prefix}{name}{which}.")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield str(node["$ref"]).rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def breaking(released: Schema, now: Schema) -> list[str]:
    """The reasons why messages of one schema would fail readers of the other; empty if none would. Unknown counts as
    breaking.

    Both ways matter: events of the old writers stay in the topics, and old readers meet events of new writers.
    """
    found = [f"{path}: {problem}" for path, problem in _frozen_differences(released, now)]
    ways: tuple[tuple[Literal["serializer", "deserializer"], Schema, Schema, str], ...] = (
        (
            "serializer",
            released,
            _closed(now),
            "a reader of the released schema may refuse what is written now",
        ),
        ("deserializer", _closed(released), now, "a reader of today may refuse what was written before"),
    )
    for role, old, new, problem in ways:
        try:
            compatible = jsoncompat.check_compat(json.dumps(_plain(old)), json.dumps(_plain(new)), role)
        except ValueError:
            found.append(f"the {role}'s compatibility is unknown")
        else:
            if not compatible:
                found.append(problem)
    return found


def _frozen_differences(released: Schema, now: Schema) -> Iterator[tuple[str, str]]:
    current = dict(properties(now))
    for path, old in properties(released):
        if path in current and _frozen(old) != _frozen(current[path]):
            yield path, f"one of {', '.join(FROZEN_KEYWORDS)} changed"


def _frozen(node: Any) -> Any:
    """The frozen keywords of a property and of its parts, in their places."""
    if isinstance(node, dict):
        kept = {key: _frozen(value) for key, value in node.items() if isinstance(value, dict | list)}
        kept |= {key: node[key] for key in FROZEN_KEYWORDS if key in node}
        return {key: value for key, value in kept.items() if value not in ({}, [])}
    if isinstance(node, list):
        return [_frozen(value) for value in node]
    return None


def _closed(schema: Schema) -> Schema:
    """The schema of a writer's messages: no field that it does not name."""
    closed = copy.deepcopy(schema)
    for node in (closed, *closed.get("$defs", {}).values()):
        if node.get("type") == "object":
            node["additionalProperties"] = False
    return closed


def _plain(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
