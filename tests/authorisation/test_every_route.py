"""Every route against everybody who may come: tokens that are none, those who may not, and those who may."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.authorisation.actors import KINDS, Wallet
from tests.authorisation.calling import Digests, attempts, call, filled
from tests.authorisation.changes import Change, change_of
from tests.authorisation.conftest import Worlds
from tests.authorisation.table import Row, each_route, rows
from tests.authorisation.worlds import World

ROWS = rows()
HOLD_CASES = ("intake", "consent", "referral", "returns")
OF_A_CASE = ("{case_id}", "{consent_id}", "{referral_id}", "{return_id}")
MEDIA_TYPE = "application/problem+json"

pytestmark = pytest.mark.asyncio(loop_scope="module")
every_route = pytest.mark.parametrize("row", ROWS, ids=str)


def said(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("content-type", "")


@every_route
async def test_without_a_right_token_nobody_is_answered(world: World, row: Row, digests: Digests) -> None:
    made, before = await world.kept(row.subject), await digests.take()
    for kind in sorted(row.allowed)[:1]:
        for wrong, headers in Wallet(world.harness).refused(kind).items():
            answer = await call(world.harness, row, made, headers)
            assert (wrong, *said(answer)) == (wrong, 401, MEDIA_TYPE)
    assert await digests.take() == before


@every_route
async def test_whoever_may_not_is_refused_and_nothing_changes(
    world: World, row: Row, digests: Digests
) -> None:
    made, before = await world.kept(row.subject), await digests.take()
    tried, hidden = await attempts(world.harness), 0
    for kind in KINDS:
        if kind not in row.allowed:
            answer = await call(world.harness, row, made, Wallet(world.harness).headers(kind))
            assert (kind, *said(answer)) in [(kind, status, MEDIA_TYPE) for status in (403, 404)]
            hidden += answer.status_code == httpx2.codes.NOT_FOUND
    assert await digests.take() == before
    if row.service in HOLD_CASES and any(name in str((row.path, row.body)) for name in OF_A_CASE):
        assert await attempts(world.harness) == tried + hidden


@every_route
async def test_whoever_may_is_answered(world: World, row: Row) -> None:
    for kind in sorted(row.allowed):
        made = await (world.kept if row.method == "GET" else world.make)(row.subject)
        answer = await call(world.harness, row, made, Wallet(world.harness).headers(kind))
        assert (kind, answer.status_code) == (kind, row.status), answer.text


async def test_a_row_that_was_written_the_same_again_is_seen(worlds: Worlds) -> None:
    world, digests = await worlds.of("notify")
    before = await digests.take()
    async with world.harness.service.database.engine.begin() as conn:
        await conn.execute(text("update chassis.relay set max_pos = max_pos"))
    changed = {name for name, rows in (await digests.take()).items() if before[name] != rows}
    assert changed == {"chassis.relay"}


WORKLISTS = [row for row in ROWS if row.listed is not None]


@pytest.mark.parametrize("row", WORKLISTS, ids=str)
async def test_a_worklist_shows_what_may_be_opened_and_nothing_else(world: World, row: Row) -> None:
    made = await world.make(row.subject)
    mine = made[row.listed or ""]
    for kind in sorted(row.allowed):
        answer = await call(world.harness, row, made, Wallet(world.harness).headers(kind))
        assert (kind, mine in answer.text) == (kind, kind in row.seen_by)


OF_NOBODY = frozenset({"codes.read", "directory.read", "agreement.read", "notice.read"})
"""What is about nobody: code lists, the directory, agreements, partners, texts."""


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.method == "GET" and "auditor" in row.allowed and row.action not in OF_NOBODY],
    ids=str,
)
async def test_whatever_an_auditor_reads_is_an_entry(world: World, row: Row) -> None:
    made = await world.make(row.subject)
    before = len(await world.harness.said())
    answer = await call(world.harness, row, made, Wallet(world.harness).headers("auditor"))
    assert answer.status_code == row.status, answer.text
    entries = [kind for kind, _ in (await world.harness.said())[before:]]
    assert {"log.read.v1", "record.read.v1"} & {*entries}


@pytest.mark.parametrize("row", each_route(), ids=str)
async def test_a_parameter_that_nobody_knows_is_refused_by_its_name(world: World, row: Row) -> None:
    made = await world.kept(row.subject)
    kind = min(row.allowed)
    asked = replace(row, query={**(row.query or {}), "external_id": "canary-7"})
    answer = await call(world.harness, asked, made, Wallet(world.harness).headers(kind))
    assert said(answer) == (422, MEDIA_TYPE)
    errors = [(error["loc"], error["code"]) for error in answer.json()["errors"]]
    assert errors == [(["query", "external_id"], "unknown-parameter")]
    assert "canary-7" not in answer.text


@pytest.mark.parametrize("row", [row for row in each_route() if row.body], ids=str)
async def test_broken_json_is_400_and_another_media_type_415(world: World, row: Row) -> None:
    made = await world.kept(row.subject)
    headers, path = Wallet(world.harness).headers(min(row.allowed)), row.path.format(**made)
    send = world.harness.client.request
    broken = await send(
        row.method, path, content=b'{"a":', headers={**headers, "Content-Type": "application/json"}
    )
    assert (*said(broken), broken.json()["code"]) == (400, MEDIA_TYPE, "not-json")
    other = await send(row.method, path, content=b"a=1", headers={**headers, "Content-Type": "text/plain"})
    assert said(other) == (415, MEDIA_TYPE)


WRITES = [row for row in ROWS if row.method != "GET"]


async def sent(world: World, row: Row, seen: Mapping[str, str]) -> int:
    """The status of a right call by one who says this of the version that they saw."""
    made = await world.make(row.subject)
    headers = {**Wallet(world.harness).headers(min(row.allowed)), **seen}
    parts: dict[str, Any] = {} if row.body is None else {"json": filled(dict(row.body), made)}
    if row.file is not None:
        parts = {"files": {"file": ("cases.csv", row.file)}}
    path = row.path.format(**made)
    return (await world.harness.client.request(row.method, path, headers=headers, **parts)).status_code


@pytest.mark.parametrize("row", WRITES, ids=str)
async def test_what_replaces_values_needs_if_match_and_nothing_else_does(world: World, row: Row) -> None:
    change = change_of(row)
    assert change is not None, "say in tests/authorisation/changes.py what this route does"
    replaces = change is Change.REPLACES
    assert await sent(world, row, {}) == (428 if replaces else row.status)


@pytest.mark.parametrize("row", [row for row in WRITES if change_of(row) is Change.REPLACES], ids=str)
async def test_nobody_replaces_what_another_has_changed_since_they_saw_it(world: World, row: Row) -> None:
    assert await sent(world, row, {"If-Match": '"999"'}) == 412
