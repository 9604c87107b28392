"""Every route against everybody who may come: tokens that are none, those who may not, and those who may."""

import httpx2
import pytest

from tests.authorisation.actors import KINDS, Wallet
from tests.authorisation.calling import Digests, attempts, call
from tests.authorisation.table import Row, rows
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
    made, before = await world.make(row.subject), await digests.take()
    for kind in sorted(row.allowed)[:1]:
        for wrong, headers in Wallet(world.harness).refused(kind).items():
            answer = await call(world.harness, row, made, headers)
            assert (wrong, *said(answer)) == (wrong, 401, MEDIA_TYPE)
    assert await digests.take() == before


@every_route
async def test_whoever_may_not_is_refused_and_nothing_changes(
    world: World, row: Row, digests: Digests
) -> None:
    made, before = await world.make(row.subject), await digests.take()
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
        made = await world.make(row.subject)
        answer = await call(world.harness, row, made, Wallet(world.harness).headers(kind))
        assert (kind, answer.status_code) == (kind, row.status), answer.text


WORKLISTS = [row for row in ROWS if row.listed is not None]


@pytest.mark.parametrize("row", WORKLISTS, ids=str)
async def test_a_worklist_shows_what_may_be_opened_and_nothing_else(world: World, row: Row) -> None:
    made = await world.make(row.subject)
    mine = made[row.listed or ""]
    for kind in sorted(row.allowed):
        answer = await call(world.harness, row, made, Wallet(world.harness).headers(kind))
        assert (kind, mine in answer.text) == (kind, kind in row.seen_by)
