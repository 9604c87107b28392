"""Every move that a view offers succeeds for who reads it, and every one that it leaves out is refused: all states, all people.

The commands come from the table of routes, so that one which no view ever offers is found.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.authorisation.actors import PEOPLE, Wallet
from tests.authorisation.calling import Made, filled
from tests.authorisation.conftest import Worlds
from tests.authorisation.states import NOT_OFFERED, THINGS
from tests.authorisation.table import OPERATIONS, Row, rows
from tests.authorisation.thing import Thing
from tests.authorisation.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATES = [(thing, name) for thing in THINGS for name in thing.states]
EACH = pytest.mark.parametrize(("thing", "name"), STATES, ids=str)
NOT_OFFERED_AT_MOST = 1
Offered = Mapping[tuple[str, str], Mapping[str, Any]]


def commands(thing: Thing) -> list[Row]:
    """Every command on the thing that the table of routes has."""
    return [row for row in rows() if thing.is_command(row)]


class Reader:
    """One person who reads a thing and tries what may be done with it."""

    def __init__(self, world: World, thing: Thing, kind: str) -> None:
        self.world, self.thing, self.kind = world, thing, kind

    async def view(self, made: Made) -> Mapping[str, Any] | None:
        """None where this person may not read it."""
        answer = await self._send("GET", self.thing.view.format(**made))
        return self.thing.found(answer.json(), made) if answer.is_success else None

    async def call(self, row: Row, made: Made, *, without: str | None = None) -> httpx2.Response:
        body = self.thing.bodies.get(row.path.rpartition("/")[2], row.body or {})
        sent = {name: value for name, value in filled(body, made).items() if name != without}
        headers = {} if without == "If-Match" else {"If-Match": made.get("seen", row.seen)}
        path = path_of(row, made).replace("{service}", "another-desk")  # the caller's to choose
        parts: dict[str, Any] = {} if row.body is None else {"json": sent}
        if row.file is not None:
            parts = {"files": {"another" if without == "file" else "file": ("cases.csv", row.file)}}
        return await self._send(row.method, path, headers, **parts)

    async def _send(
        self, method: str, path: str, more: Mapping[str, str] = {}, **parts: Any
    ) -> httpx2.Response:
        headers = {**Wallet(self.world.harness).headers(self.kind), **more}
        return await self.world.harness.client.request(method, path, headers=headers, **parts)


def path_of(row: Row, made: Made) -> str:
    return row.path.format(**made)


@dataclass(frozen=True, slots=True)
class Found:
    """A thing in one of its states, and what everybody who may read it there read of it."""

    made: Made
    views: Mapping[Reader, Mapping[str, Any]]

    def offered(self, reader: Reader) -> Offered:
        return {(move["method"], move["path"]): move for move in self.views[reader]["moves"]}


class Shelf:
    """Things that were made once, each in one of its states, for all tests that change nothing of them."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds, self._found = worlds, dict[tuple[int, str], Found]()

    async def found(self, thing: Thing, name: str) -> Found:
        if (key := (id(thing), name)) not in self._found:
            world, _ = await self._worlds.of(thing.service)
            made = await thing.states[name](world)
            people = [Reader(world, thing, kind) for kind in sorted(PEOPLE, key="worker".__ne__)]
            read = {one: await one.view(made) for one in people}  # a case is open once its worker read it
            views = {one: view for one, view in read.items() if view is not None}
            assert views, "nobody may read it"
            self._found[key] = Found(made, views)
        return self._found[key]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelf(worlds: Worlds) -> Shelf:
    return Shelf(worlds)


@EACH
async def test_what_a_view_leaves_out_is_refused_and_changes_nothing(
    shelf: Shelf, thing: Thing, name: str
) -> None:
    one = await shelf.found(thing, name)
    for reader, before in one.views.items():
        for row in commands(thing):
            if (row.method, path_of(row, one.made)) not in one.offered(reader):
                answer = await reader.call(row, one.made)
                assert (reader.kind, str(row), answer.is_success) == (reader.kind, str(row), False)
        assert await reader.view(one.made) == before


@EACH
async def test_what_a_view_offers_succeeds_or_is_refused_for_what_blocks_it(
    shelf: Shelf, thing: Thing, name: str
) -> None:
    one = await shelf.found(thing, name)
    for reader in one.views:
        for key, move in one.offered(reader).items():
            row = next(row for row in commands(thing) if (row.method, path_of(row, one.made)) == key)
            made = one.made if move["blocked_by"] else await thing.states[name](reader.world)
            answer = await reader.call(row, made)
            assert answer.is_success == (not move["blocked_by"]), (reader.kind, str(row), answer.text)
            assert set(reasons(answer)) == set(move["blocked_by"])


def reasons(answer: httpx2.Response) -> Iterator[str]:
    """The codes of a refusal."""
    if not answer.is_success:
        problem = answer.json()
        yield from problem.get("blocks", [error["code"] for error in problem.get("errors", [])])


@pytest.mark.parametrize("service", sorted({thing.service for thing in THINGS}))
async def test_every_state_is_reached_and_every_command_offered_with_what_it_needs(
    shelf: Shelf, service: str
) -> None:
    mine = [(thing, name) for thing, name in STATES if thing.service == service]
    unseen = {str(row) for thing, _ in mine for row in commands(thing)}
    unreached = {(str(thing), state) for thing, _ in mine for state in thing.of}
    for thing, name in mine:
        one = await shelf.found(thing, name)
        unreached -= {(str(thing), view.get("state")) for view in one.views.values()}
        for reader, row in product(one.views, commands(thing)):
            move = one.offered(reader).get((row.method, path_of(row, one.made)))
            if move is not None and str(row) in unseen:
                unseen -= {str(row)}
                await _refused_without(reader, row, one.made, move["needs"])
    assert (unseen, unreached) == (set(), set())


async def _refused_without(reader: Reader, row: Row, made: Made, needs: list[str]) -> None:
    for member in needs:
        answer = await reader.call(row, made, without=member)
        expected = 428 if member == "If-Match" else 422
        assert (str(row), member, answer.status_code) == (str(row), member, expected)


async def test_every_command_is_offered_by_a_view_or_says_why_not() -> None:
    """What every service has from the chassis is offered by the same code in each, and is looked at in one."""
    offered = {str(row) for thing in THINGS for row in commands(thing)}
    everywhere = {path for thing in THINGS for path in thing.commands if path in OPERATIONS}
    writes = [row for row in rows() if row.method != "GET" and not row.path.startswith("/internal/")]
    left_out = {str(row) for row in writes if row.path not in everywhere} - offered
    assert left_out == set(NOT_OFFERED)
    assert len(NOT_OFFERED) <= NOT_OFFERED_AT_MOST
