"""One status for one thing, whatever the service: the wrong half is 409 `wrong-state`, a lost race 412 `precondition-failed`."""

import re
from typing import Any

import pytest

from contracts.catalogue import SERVICES
from tests.authorisation.actors import Wallet
from tests.authorisation.calling import Made, call
from tests.authorisation.table import Row, rows
from tests.authorisation.test_coverage import built
from tests.authorisation.test_every_route import WRITES, sent
from tests.authorisation.worlds import World

BY_ROUTE = {str(row): row for row in rows()}
OTHER_HALF = {
    "referral": {"sender": "received", "receiver": "sent"},
    "returns": {"sender": "expected", "receiver": "departed"},
}
"""What is made so that the worker has the half of the other side."""
RECEIVER = {
    "referral": frozenset({"accept", "reject", "start", "hold", "resume", "complete", "fail"}),
    "returns": frozenset({"arrive"}),
}
BOTH = frozenset({"miss", "close"})
HALVES = [
    row for row in rows() if row.service in OTHER_HALF and re.search(r"(?:referral|return)_id}/\w", row.path) and row.method == "POST"
]  # fmt: skip
HALVES = [row for row in HALVES if row.path.rpartition("/")[2] not in BOTH]

_FITNESS = "returns POST /v1/returns/{return_id}/fitness"
OVERTAKEN = {
    name: name
    for name in (
        "intake PUT /v1/cases/{case_id}/fields",
        "intake POST /v1/cases/{case_id}/status",
        "intake POST /v1/cases/{case_id}/age-assessment",
    )
} | {"returns POST /v1/returns/{return_id}/clear": _FITNESS}
"""What seals or opens something before its transaction and rests on what was read then → what somebody else does meanwhile."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told(world: World, row: Row, made: Made) -> tuple[int, str | None]:
    answer = await call(world.harness, row, made, Wallet(world.harness).headers(min(row.allowed)))
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("row", HALVES, ids=str)
async def test_whoever_has_the_other_half_alone_is_told_that_it_does_not_move_so(
    world: World, row: Row
) -> None:
    verb = row.path.rpartition("/")[2]
    side = "receiver" if verb in RECEIVER[row.service] else "sender"
    made = await world.make(OTHER_HALF[row.service][side])
    assert await told(world, row, made) == (409, "wrong-state")


@pytest.fixture(scope="module")
def read_if_match(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The routes that read what their caller saw, as their documents say."""
    return {
        f"{name} {method.upper()} {path}"
        for name in SERVICES
        for path, item in built(name, tmp_path_factory.mktemp(name)).openapi()["paths"].items()
        for method, operation in item.items()
        if any(one["name"] == "If-Match" for one in operation.get("parameters", ()))
    }


@pytest.mark.parametrize("row", WRITES, ids=str)
async def test_whoever_says_what_they_saw_and_it_has_changed_is_told_so_by_every_route_that_reads_it(
    world: World, row: Row, read_if_match: set[str]
) -> None:
    if str(row) in read_if_match:
        assert await sent(world, row, {"If-Match": '"999"'}) == 412


@pytest.mark.parametrize("row", [BY_ROUTE[name] for name in OVERTAKEN], ids=str)
async def test_what_another_changed_while_something_was_sealed_or_opened_is_a_lost_race(
    world: World, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, vault, overtaken = await world.make(row.subject), world.harness.service.vault, []
    other = BY_ROUTE[OVERTAKEN[str(row)]]

    def slowed(name: str) -> Any:
        original = getattr(vault, name)

        async def slow(*args: Any) -> Any:
            result = await original(*args)
            if not overtaken:
                overtaken.append(name)
                overtaken.append(await told(world, other, made))
            return result

        return slow

    for name in ("seal", "seal_many", "open_many"):
        monkeypatch.setattr(vault, name, slowed(name))
    assert await told(world, row, made) == (412, "precondition-failed")
    assert overtaken[1:] == [(other.status, None)]
