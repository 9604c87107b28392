"""Wherever a request names a case, it may name it by its reference; a route sees the identifier alone."""

from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fastapi import APIRouter, Query

from chassis.identity.access import require_case
from chassis.identity.references import subscription
from chassis.service import Service
from chassis.settings import Settings
from chassis.web.http import Tx, Who
from contracts.casefile.reference import reference_of
from contracts.events.intake import CaseReferencedV1
from contracts.form import Form
from deploy.local.testing import Databases
from tests.harness import running

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENCY, SHELTER = "th-care-agency", "th-shelter"
REFERENCE, UNKNOWN = reference_of("TH", "7F3K2"), reference_of("TH", "7F3K4")


class Part(Form):
    case_id: UUID


class CasesForm(Form):
    case_id: UUID
    other_case_id: UUID | None = None
    case_ids: tuple[UUID, ...] = ()
    parts: tuple[Part, ...] = ()


def router() -> APIRouter:
    routes = APIRouter()

    @routes.get("/v1/things/{case_id}")
    async def get_thing(case_id: UUID, actor: Who, tx: Tx) -> UUID:
        await require_case(tx, actor, "case.read", case_id)
        return case_id

    @routes.get("/v1/things")
    async def list_things(
        actor: Who, case_id: Annotated[UUID | None, Query()] = None, words: str = ""
    ) -> tuple[UUID | None, str]:
        return case_id, words

    @routes.post("/v1/things")
    async def send_things(body: CasesForm, actor: Who) -> CasesForm:
        return body

    return routes


def build(settings: Settings) -> Service:
    return Service(
        settings,
        name="notify",
        router=router(),
        versions=None,
        subscriptions=[subscription()],
        follows_cases=False,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(postgres_dsn, tmp_path_factory):
    databases, directory = Databases(postgres_dsn), tmp_path_factory.mktemp("names")
    try:
        async with running("notify", build, None, Settings, databases, directory, vault=False) as harness:
            yield harness
    finally:
        await databases.drop_all()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case_id(service) -> UUID:
    """A case of the agency, whose reference has been heard, twice."""
    made = uuid4()
    await service.grant_access(made, AGENCY)
    for _ in range(2):
        await service.deliver(CaseReferencedV1(case_id=made, reference=REFERENCE))
    assert await service.parked() == []
    return made


async def get(service, name: str, **who: Any):
    return await service.client.get(f"/v1/things/{name}", headers=service.as_("case_worker", **who))


async def send(service, body: Any):
    return await service.client.post("/v1/things", json=body, headers=service.as_("case_worker"))


@pytest.mark.parametrize("typed", [REFERENCE, "th7f3k2w", "TH 7F3K 2W", "th-7f3k-2w ", "TH–7F3K–2W"])
async def test_a_path_takes_the_reference_however_it_is_typed(service, case_id, typed):
    answer = await get(service, typed)
    assert (answer.status_code, answer.json()) == (200, str(case_id))


async def test_a_query_takes_it_and_keeps_the_other_parameters(service, case_id):
    asked = {"case_id": REFERENCE.lower(), "words": "ไทย & more=less"}
    answer = await service.client.get("/v1/things", params=asked, headers=service.as_("case_worker"))
    assert answer.json() == [str(case_id), "ไทย & more=less"]


async def test_a_body_takes_it_at_every_place_that_names_a_case(service, case_id):
    other = uuid4()
    body = {
        "case_id": REFERENCE,
        "other_case_id": "th7f3k2w",
        "case_ids": [REFERENCE, str(other)],
        "parts": [{"case_id": REFERENCE}],
    }
    assert (await send(service, body)).json() == {
        "case_id": str(case_id),
        "other_case_id": str(case_id),
        "case_ids": [str(case_id), str(other)],
        "parts": [{"case_id": str(case_id)}],
    }


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("TH-7F3K-2Q", "wrong-check-digit"),
        ("TH-7F3K-2", "no-reference"),
        ("17", "no-reference"),
        ("", "no-reference"),
    ],
)
async def test_a_wrong_one_is_told_as_such_with_its_place_and_never_repeated(service, case_id, sent, code):
    body = {"case_id": str(case_id), "parts": [{"case_id": sent}]}
    answers = [await send(service, body)]
    answers += [await service.client.get(f"/v1/things?case_id={sent}", headers=service.as_("case_worker"))]
    answers += [await get(service, sent)] if sent else []
    places = [["body", "*", 0, "case_id"], ["query", "case_id"], ["path", "case_id"]]
    for answer, place in zip(answers, places, strict=False):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["loc"]) == (422, code, place)
        assert not sent or sent not in answer.text


@pytest.mark.parametrize("value", [None, 17, {"a": 1}, ["x", 3]])
async def test_what_is_no_text_is_the_forms_to_refuse(service, case_id, value):
    assert (await send(service, {"case_id": value})).status_code == 422


async def test_a_body_that_is_deeper_than_any_form_is_refused_by_its_form(service, case_id):
    deep: Any = {"case_id": REFERENCE}
    for _ in range(400):
        deep = [deep]
    answer = await send(service, {"case_id": str(case_id), "parts": deep})
    assert answer.status_code == 422


async def test_an_unknown_reference_is_answered_as_an_unknown_identifier(service, case_id):
    answers = [await get(service, UNKNOWN), await get(service, str(uuid4()))]
    answers += [await get(service, REFERENCE, org=SHELTER), await get(service, str(case_id), org=SHELTER)]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}


async def test_a_stranger_is_told_nothing_of_references(service, case_id):
    for name in (REFERENCE, UNKNOWN, "TH-7F3K-2Q"):
        answer = await service.client.get(f"/v1/things/{name}")
        assert answer.status_code == 401
    assert (await service.client.get(f"/openapi.json?case_id={REFERENCE}")).status_code == 422


async def test_the_document_says_that_a_reference_is_taken(service):
    document = service.service.app.openapi()
    (parameter,) = (
        one for one in document["paths"]["/v1/things/{case_id}"]["get"]["parameters"] if one["in"] == "path"
    )
    assert [one.get("format", "reference") for one in parameter["schema"]["anyOf"]] == ["uuid", "reference"]
    members = document["components"]["schemas"]["CasesForm"]["properties"]
    assert all("reference" in str(schema) for name, schema in members.items() if "case_id" in name)
