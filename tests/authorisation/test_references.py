"""Whoever names an organisation, a worker, a service or a case that is not there is refused, in every form of every service.

Found by walking the schemas, so that a new form is asked without anybody thinking of it.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from chassis.web.api_document import CASE_REFERENCE
from contracts.types import OrganisationId, Pseudonym, ServiceId
from tests.authorisation.actors import Wallet
from tests.authorisation.calling import Digests, filled
from tests.authorisation.spoiling import Document, Schema, Where
from tests.authorisation.table import Row, rows
from tests.authorisation.worlds import World

# Services ask one another about what was checked when it was named; what is not there is then not permitted.
ROWS = [row for row in rows() if row.body is not None and not row.path.startswith("/internal/")]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def pattern_of(kind: Any) -> str:
    pattern: str = TypeAdapter(kind).json_schema()["pattern"]
    return pattern


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of reference: a value of its shape that names nothing, and how a form that has it answers."""

    name: str
    unknown: str
    refusals: frozenset[tuple[int, str]]


NOT_LISTED = frozenset({(422, code) for code in ("not-listed", "not-a-recipient", "other-organisation")})
BY_PATTERN: Mapping[str, Kind] = MappingProxyType(
    {
        pattern_of(OrganisationId): Kind("organisation", "th-nowhere-at-all", NOT_LISTED),
        pattern_of(Pseudonym): Kind("worker", "th.wroker", NOT_LISTED),
        pattern_of(ServiceId): Kind("service", "no-such-service", frozenset({(422, "not-offered")})),
    }
)
A_CASE = Kind(
    "case", str(uuid4()), frozenset({(404, "not-found"), (503, "unavailable"), (503, "not-yet-heard")})
)


def kind_of(name: str | int, schema: Schema) -> Kind | None:
    if name == "case_id" and CASE_REFERENCE in schema.get("anyOf", ()):
        return A_CASE
    return BY_PATTERN.get(str(schema.get("pattern")))


def references(
    document: Document, schema: Schema, value: Any, where: Where = ()
) -> Iterator[tuple[Where, Kind]]:
    """Every place of a body that names something, also where the right body leaves it out."""
    schema = document.resolved(schema)
    if where and (kind := kind_of(where[-1], schema)):
        yield where, kind
    elif schema.get("type") == "array":
        inner = value[0] if isinstance(value, list) and value else None
        items = document.resolved(schema.get("items", {}))
        name = where[-1] if where else ""
        if kind := kind_of(name, items):
            yield (*where, 0), kind
        else:
            yield from references(document, items, inner, (*where, 0))
    for name, inner in schema.get("properties", {}).items():
        present = value.get(name) if isinstance(value, Mapping) else None
        yield from references(document, inner, present, (*where, name))


def unknown_like(body: Any, where: Where, kind: Kind) -> str:
    """An organisation of the same country as the one in the right body, so that nothing else is wrong with it."""
    for part in where:
        present = (isinstance(body, dict) and part in body) or (isinstance(body, list) and body)
        body = body[part] if present else None
    country = body[:2] if isinstance(body, str) and kind.name == "organisation" else "th"
    return kind.unknown.replace("th-", f"{country}-", 1) if kind.name == "organisation" else kind.unknown


def naming(body: Any, where: Where, value: str) -> Any:
    """The body with one reference changed; a list that it leaves out is made."""
    changed = copy.deepcopy(body)
    there = changed
    for part, following in pairwise(where):
        if isinstance(there, dict) and part not in there:
            there[part] = [] if following == 0 else {}
        there = there[part]
    if isinstance(there, list) and not there:
        there.append(value)
    else:
        there[where[-1]] = value
    return changed


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_whatever_a_form_names_is_there(world: World, row: Row, digests: Digests) -> None:
    document = Document(world.harness.service.app.openapi())
    schema = document.body_of(row.method, row.path)
    assert schema is not None
    body = dict(row.body or {})
    found = list(references(document, schema, body))
    if not found:
        return
    made = await world.kept(row.subject)
    headers = {"If-Match": row.seen, **Wallet(world.harness).headers(min(row.allowed))}
    before, answers = await digests.take(), {}
    for where, kind in found:
        sent = naming(filled(body, made), where, unknown_like(body, where, kind))
        answer = await world.harness.client.request(
            row.method, row.path.format(**made), json=sent, headers={"If-Match": row.seen, **headers}
        )
        said = answer.json()
        code = (said.get("errors") or [said])[0].get("code")
        if (answer.status_code, code) not in kind.refusals:
            answers[where] = (answer.status_code, code)
    assert answers == {}
    assert await digests.take() == before


async def test_the_walk_finds_references_in_members_lists_and_lists_of_objects() -> None:
    organisation, worker = ({"type": "string", "pattern": pattern} for pattern in list(BY_PATTERN)[:2])
    inner = {"type": "object", "properties": {"organisation": organisation}}
    schema = {
        "type": "object",
        "properties": {
            "case_id": {"anyOf": [{"type": "string", "format": "uuid"}, CASE_REFERENCE]},
            "workers": {"type": "array", "items": worker},
            "recipients": {"type": "array", "items": inner},
            "note": {"type": "string"},
        },
    }
    walked = [(where, kind.name) for where, kind in references(Document({}), schema, {})]
    assert walked == [
        (("case_id",), "case"),
        (("workers", 0), "worker"),
        (("recipients", 0, "organisation"), "organisation"),
    ]
    assert naming({}, ("workers", 0), "x") == {"workers": ["x"]}
