"""Every route refuses what it cannot take: with a problem of the 4xx kind, without repeating it, and changing nothing."""

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import httpx2
import pytest

from chassis.web.api_document import CASE_REFERENCE
from tests.authorisation.actors import Headers, Wallet
from tests.authorisation.calling import Digests, call, filled
from tests.authorisation.spoiling import CANARY, Document, Schema, bad_cursors, spoilt
from tests.authorisation.table import Row, each_route
from tests.authorisation.worlds import Made, World

ROWS = each_route()
MEDIA_TYPE = "application/problem+json"
REFUSALS = frozenset({400, 404, 409, 413, 415, 422})
LONG = CANARY * 20

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Faults(list[str]):
    """What was not refused as it should be, all of it, so that one run shows everything."""

    def look(self, what: str, answer: httpx2.Response) -> None:
        refused = answer.status_code in REFUSALS and answer.headers.get("content-type") == MEDIA_TYPE
        if not refused:
            self.append(f"{what}: {answer.status_code} {answer.text[:120]}")
        if CANARY in answer.text or CANARY in str(answer.headers):
            self.append(f"{what}: repeated in {answer.text[:200]}")


def permitted(world: World, row: Row) -> Headers:
    return {"If-Match": row.seen, **Wallet(world.harness).headers(min(row.allowed))}


def document(world: World) -> Document:
    return Document(world.harness.service.app.openapi())


TAKEN = frozenset({("/internal/v1/preview", f"fields.0 = {CANARY!r}")})
"""Referral asks consent for whatever it knows: a field that consent does not know is answered, as withheld."""

BODIES = [row for row in ROWS if row.body is not None]


@pytest.mark.parametrize("row", BODIES, ids=str)
async def test_a_spoilt_body_is_refused(world: World, row: Row, digests: Digests) -> None:
    made, headers, faults = await world.kept(row.subject), permitted(world, row), Faults()
    before = await digests.take()
    schema = document(world).body_of(row.method, row.path)
    assert schema is not None
    for bad in spoilt(document(world), schema, filled(dict(row.body or {}), made)):
        if (row.path, bad.what) in TAKEN:
            continue
        kind = {} if bad.content_type is None else {"Content-Type": bad.content_type}
        answer = await world.harness.client.request(
            row.method, row.path.format(**made), content=bad.content, headers={**headers, **kind}
        )
        faults.look(bad.what, answer)
    assert "\n".join(faults) == ""
    assert await digests.take() == before


FILES = [row for row in ROWS if row.file is not None]
NO_FILES: Mapping[str, bytes] = MappingProxyType(
    {
        "empty": b"",
        "no table": CANARY.encode(),
        "no text": b"\xff\xfe\x00\xd8" * 100,
        "no workbook": b"PK\x03\x04" + CANARY.encode(),
        "unknown columns": f"{CANARY},b\n1,2\n".encode(),
        "the same column twice": b"prs_First_Name,prs_First_Name\na,b\n",
        "two megabytes": CANARY.encode() * 120_000,
    }
)


@pytest.mark.parametrize("row", FILES, ids=str)
async def test_a_spoilt_upload_is_refused(world: World, row: Row, digests: Digests) -> None:
    headers, faults, before = permitted(world, row), Faults(), await digests.take()
    boundary = {"Content-Type": "multipart/form-data; boundary=b"}
    post = partial(world.harness.client.request, row.method, row.path)
    for what, content in NO_FILES.items():
        for name in ("cases.csv", "cases.xlsx", f"{CANARY}.exe"):
            faults.look(f"{what} as {name}", await post(files={"file": (name, content)}, headers=headers))
    for kind in ("application/json", "text/csv", "multipart/form-data", "multipart/form-data; boundary="):
        answer = await post(content=row.file, headers={**headers, "Content-Type": kind})
        faults.look(f"sent as {kind}", answer)
    for content in (b"", b"--b", b"--b\r\n\r\n" + CANARY.encode(), b"--b--\r\n", CANARY.encode()):
        faults.look(f"parts {content!r:.20}", await post(content=content, headers={**headers, **boundary}))
    faults.look("another part", await post(files={CANARY: ("a.csv", row.file)}, headers=headers))
    faults.look("no file", await post(data={"file": CANARY}, headers=headers))
    assert "\n".join(faults) == ""
    assert await digests.take() == before


def bad_values(name: str, schema: Schema) -> Iterator[str]:
    """Values that no parameter of this schema may have."""
    if name == "after":
        yield from bad_cursors()
    elif schema.get("type") in {"integer", "boolean"}:
        yield from ("-1", "1e3", "9" * 40, "1.5", CANARY, "\x00", "²")
        yield from ("0", "201") if name == "limit" else ()
    else:
        yield from (CANARY, LONG, f"{CANARY}\x00", "\x00", "é")
        yield from ("17", "00000000-0000-0000-0000-00000000000g") if "'format': 'uuid'" in str(schema) else ()
        yield from ("TH-7F3K-2Q", "TH-7F3K-2") if CASE_REFERENCE["pattern"] in str(schema) else ()


LOOKED_FOR = frozenset((name, CANARY) for name in ("actor", "stream", "by", "worker"))
"""Looks like somebody's pseudonym, or a stream's name, so it is looked for and nothing is found."""
ANY_WORDS = frozenset(("directory GET /v1/organisations", "name", words) for words in (CANARY, "é"))
"""Words that may be a part of a name are looked for, whatever they are."""

PARAMETERS = [row for row in ROWS if "{" in row.path or row.method == "GET"]


@pytest.mark.parametrize("row", PARAMETERS, ids=str)
async def test_a_spoilt_parameter_is_refused(world: World, row: Row, digests: Digests) -> None:
    made, headers, faults = await world.kept(row.subject), permitted(world, row), Faults()
    before = await digests.take()
    for place, name, schema in document(world).parameters_of(row.method, row.path):
        if place == "header":
            continue
        for value in bad_values(name, schema):
            if (name, value) in LOOKED_FOR or (str(row), name, value) in ANY_WORDS:
                continue
            faults.look(f"{name} = {value!r:.70}", await _sent(world, row, made, headers, place, name, value))
    assert "\n".join(faults) == ""
    assert await digests.take() == before


async def _sent(
    world: World, row: Row, made: Made, headers: Headers, place: str, name: str, value: str
) -> httpx2.Response:
    ids: dict[str, Any] = {
        key: httpx2.URL(f"http://x/{one}").raw_path[1:].decode() for key, one in made.items()
    }
    if place == "path":
        ids[name] = _escaped(value)
    query = {name: value} if place == "query" else None
    body = None if row.body is None else filled(dict(row.body), made)
    return await world.harness.client.request(
        row.method, row.path.format(**ids), params=query, json=body, headers=headers
    )


def _escaped(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode())


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_spoilt_header_is_refused(world: World, row: Row, digests: Digests) -> None:
    made, headers, faults = await world.kept(row.subject), permitted(world, row), Faults()
    before = await digests.take()
    named = {
        name.lower()
        for place, name, _ in document(world).parameters_of(row.method, row.path)
        if place == "header"
    }
    bad = [("Corridor-Purpose", value) for value in (CANARY, LONG, "")]
    bad += (
        [("If-Match", value) for value in (CANARY, '"', '"-1"', f'"{"9" * 30}"')]
        if "if-match" in named
        else []
    )
    for name, value in bad:
        faults.look(f"{name} = {value:.40}", await call(world.harness, row, made, {**headers, name: value}))
    assert "\n".join(faults) == ""
    assert await digests.take() == before
