"""Any text in any member of any body: it is stored and read again as it was, or refused. Nothing falls over."""

import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.authorisation.actors import Wallet
from tests.authorisation.calling import filled
from tests.authorisation.spoiling import Document, Where
from tests.authorisation.table import Row, each_route
from tests.authorisation.texts import ANY_TEXT, kept_as, strings, texts, with_text
from tests.authorisation.worlds import Made, World

MEDIA_TYPE = "application/problem+json"
BODIES = [row for row in each_route() if row.body is not None]

CASE = "/v1/cases/{case_id}"
READ_AT = MappingProxyType(
    {
        "intake POST /v1/cases": "/v1/cases/{id}/fields",
        f"intake PUT {CASE}/fields": f"{CASE}/fields",
        f"intake POST {CASE}/status": f"{CASE}/status",
        f"intake POST {CASE}/age-assessment": f"{CASE}/age-assessment",
        f"intake POST {CASE}/needs": f"{CASE}/needs",
        "returns POST /v1/returns/{return_id}/assess": "/v1/returns/{return_id}/assessment",
        "returns POST /v1/returns/{return_id}/checks": "/v1/returns/{return_id}/checks",
        "directory PUT /v1/organisations/{organisation}": "/v1/organisations/{organisation}",
        "directory PUT /v1/organisations/{organisation}/services/{service}": "/v1/organisations/{organisation}",
    }
)
NOT_SHOWN = frozenset({"reason", "witness", "interpreter", "guardian"})
"""Sealed with a revision or a record, and shown by other routes under other rights."""
WITHOUT_TEXT = frozenset(
    {
        "audit POST /v1/extracts/{request_id}/release",
        "consent POST /v1/consents/{consent_id}/confirm-guardian",
        "returns POST /v1/returns/{return_id}/decide",
        "returns POST /v1/returns/{return_id}/confirm",
    }
)
MORE = MappingProxyType(
    {"fields": {"cor_Health": "well", "prs_MobilePhone": "+66 2", "cor_FullName": "Dara"}}
)
"""A case file's fields: of a text, of a line, of a name."""
WITH_NUL = {"loc": ["body"], "msg": "the body has a NUL character", "code": "json_invalid"}

pytestmark = pytest.mark.asyncio(loop_scope="module")
somewhat = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Calls:
    """The calls of a row, one after another. They are about one subject until one is refused that may be so because an earlier one
    changed it: then it is made again about a new one. Whatever was refused changed nothing.
    """

    world: World
    row: Row
    made: Made = field(default_factory=dict)
    untouched: bool = False

    async def begin(self) -> None:
        self.made, self.untouched = await self.world.make(self.row.subject), True

    def right(self) -> Any:
        body = filled(dict(self.row.body or {}), self.made)
        return {**body, **MORE} if isinstance(body.get("fields"), dict) else body

    async def sent(self, where: Where, text: str) -> httpx2.Response:
        answer = await self._sent(with_text(self.right(), where, text))
        if 400 <= answer.status_code < 500 and not self.untouched:
            await self.begin()
            answer = await self._sent(with_text(self.right(), where, text))
        self.untouched = answer.is_error
        return answer

    async def _sent(self, body: Any) -> httpx2.Response:
        row, harness = self.row, self.world.harness
        headers = {"If-Match": row.seen, **Wallet(harness).headers(min(row.allowed))}
        headers["Content-Type"] = "application/json"
        content = json.dumps(body).encode()  # half a character too, as an escape
        path = row.path.format(**self.made)
        return await harness.client.request(row.method, path, content=content, headers=headers)


@pytest_asyncio.fixture(loop_scope="module")
async def calls(world: World, row: Row) -> Calls:
    begun = Calls(world, row)
    await begun.begin()
    return begun


async def read_again(world: World, row: Row, made: Made, answer: httpx2.Response) -> set[str]:
    path = READ_AT[str(row)].format(**{**made, "id": answer.json()["id"]})
    shown = await world.harness.client.get(path, headers=Wallet(world.harness).headers(min(row.allowed)))
    assert shown.status_code == 200
    return set(strings(shown.json()))


@pytest.mark.parametrize("row", BODIES, ids=str)
@somewhat
@given(data=st.data())
async def test_any_text_is_stored_as_it_is_or_refused(
    world: World, row: Row, calls: Calls, data: st.DataObject
) -> None:
    document = Document(world.harness.service.app.openapi())
    schema = document.body_of(row.method, row.path)
    assert schema is not None
    places = sorted(set(texts(document, schema, calls.right())), key=str)
    assert (places == []) == (str(row) in WITHOUT_TEXT)
    if not places:
        return
    free = [where for where, any_text in places if any_text]
    where = data.draw(st.sampled_from(free or [where for where, _ in places]))
    text = data.draw(ANY_TEXT)
    answer = await calls.sent(where, text)
    assert 200 <= answer.status_code < 500, (where, text, answer.text)
    if answer.is_error:
        assert answer.headers["content-type"] == MEDIA_TYPE
    elif str(row) in READ_AT and NOT_SHOWN.isdisjoint(where):
        assert kept_as(text) & await read_again(world, row, calls.made, answer), (where, text)


@pytest.mark.parametrize("row", BODIES, ids=str)
async def test_a_text_with_a_nul_is_refused_wherever_it_stands_before_a_form_looks_at_it(
    world: World, row: Row, calls: Calls
) -> None:
    """Many forms have patterns that a NUL does not fit: so the refusal of the body itself is what is asked for, not just any."""
    document = Document(world.harness.service.app.openapi())
    schema = document.body_of(row.method, row.path)
    assert schema is not None
    for where in {where for where, _ in texts(document, schema, calls.right())}:
        answer = await calls._sent(with_text(calls.right(), where, "a\x00b"))
        assert (answer.status_code, answer.json()["errors"]) == (422, [WITH_NUL]), where
