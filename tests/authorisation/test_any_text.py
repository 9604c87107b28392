"""Any text in any member of any body: it is stored and read again as it was, or refused. Nothing falls over."""

import json
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.authorisation.actors import Wallet
from tests.authorisation.calling import filled
from tests.authorisation.spoiling import Document
from tests.authorisation.table import OPERATIONS, Row, rows
from tests.authorisation.texts import ANY_TEXT, kept_as, strings, texts, with_text
from tests.authorisation.worlds import Made, World

MEDIA_TYPE = "application/problem+json"
STANDS_FOR_ALL = "audit"
"""What every service has from the chassis is tried in this one."""
BODIES = [
    row
    for row in rows()
    if row.body is not None and (row.path not in OPERATIONS or row.service == STANDS_FOR_ALL)
]

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

pytestmark = pytest.mark.asyncio(loop_scope="module")
somewhat = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def sent(world: World, row: Row, made: Made, body: Any) -> httpx2.Response:
    headers = {"If-Match": row.seen, **Wallet(world.harness).headers(min(row.allowed))}
    headers["Content-Type"] = "application/json"
    content = json.dumps(body).encode()  # half a character too, as an escape
    return await world.harness.client.request(
        row.method, row.path.format(**made), content=content, headers=headers
    )


async def read_again(world: World, row: Row, made: Made, answer: httpx2.Response) -> set[str]:
    path = READ_AT[str(row)].format(**{**made, "id": answer.json()["id"]})
    shown = await world.harness.client.get(path, headers=Wallet(world.harness).headers(min(row.allowed)))
    assert shown.status_code == 200
    return set(strings(shown.json()))


@pytest.mark.parametrize("row", BODIES, ids=str)
@somewhat
@given(data=st.data())
async def test_any_text_is_stored_as_it_is_or_refused(world: World, row: Row, data: st.DataObject) -> None:
    document = Document(world.harness.service.app.openapi())
    made = await world.make(row.subject)
    right = filled(dict(row.body or {}), made)
    if "fields" in right and isinstance(right["fields"], dict):
        right = {**right, **MORE}
    schema = document.root["paths"][row.path][row.method.lower()]["requestBody"]["content"][
        "application/json"
    ]["schema"]
    places = sorted(set(texts(document, schema, right)), key=str)
    assert (places == []) == (str(row) in WITHOUT_TEXT)
    if not places:
        return
    free = [where for where, any_text in places if any_text]
    where = data.draw(st.sampled_from(free or [where for where, _ in places]))
    text = data.draw(ANY_TEXT)
    answer = await sent(world, row, made, with_text(right, where, text))
    assert 200 <= answer.status_code < 500, (where, text, answer.text)
    if answer.is_error:
        assert answer.headers["content-type"] == MEDIA_TYPE
    elif str(row) in READ_AT and NOT_SHOWN.isdisjoint(where):
        assert kept_as(text) & await read_again(world, row, made, answer), (where, text)
