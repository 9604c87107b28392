"""A route that will go says so in its document and in every answer, refusals too; what stays says nothing of the kind."""

from datetime import date
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from chassis.web import answers
from chassis.web.answer_headers import AnswerHeaders
from chassis.web.api_document import DocumentedApi
from chassis.web.body_limit import BodyLimit
from chassis.web.deprecation import NoticeTooShort, deprecated
from chassis.web.routes import add_routes
from chassis.web.strict_json import StrictJson
from chassis.web.token_first import TokenFirst

ANNOUNCED = {"since": date(2027, 1, 10), "sunset": date(2027, 9, 1)}
TOLD = {
    "deprecation": "@1799539200",
    "sunset": "Wed, 01 Sep 2027 00:00:00 GMT",
    "link": '</v2/things>; rel="successor-version"',
}


def app(token_first: bool = False) -> FastAPI:
    router = APIRouter()

    @router.get("/v1/things/{number}", openapi_extra=deprecated(**ANNOUNCED, instead="/v2/things"))
    def get_old_thing(number: int) -> dict[str, int]:
        return {"number": number}

    @router.put("/v1/things/{number}", openapi_extra=deprecated(**ANNOUNCED, instead="/v2/things"))
    def put_old_thing(number: int, body: dict[str, int]) -> dict[str, int]:
        return body

    @router.get("/v2/things/{number}")
    def get_thing(number: int) -> dict[str, int]:
        return {"number": number}

    built = DocumentedApi({})
    built.add_middleware(StrictJson)
    built.add_middleware(BodyLimit, limit=10)
    if token_first:
        built.add_middleware(TokenFirst, public=[])
    answers.install(built)
    built.add_middleware(AnswerHeaders)
    add_routes(built, router)
    return built


async def headers_of(
    path: str, method: str = "GET", token_first: bool = False, **sent: Any
) -> tuple[int, dict[str, Any]]:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app(token_first)), base_url="http://service"
    ) as client:
        answer = await client.request(method, path, **sent)
    return answer.status_code, {name: answer.headers[name] for name in TOLD if name in answer.headers}


@pytest.mark.parametrize(("number", "status"), [("7", 200), ("seven", 422)])
async def test_every_answer_of_a_route_that_will_go_says_when_and_what_takes_its_place(number, status):
    assert await headers_of(f"/v1/things/{number}") == (status, TOLD)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"token_first": True}, 401),
        ({"method": "PUT", "json": {"much": 10**10}}, 413),
        ({"method": "PUT", "content": b"a", "headers": {"content-type": "text/csv"}}, 415),
        ({"method": "PUT", "content": b"\xff", "headers": {"content-type": "application/json"}}, 422),
    ],
)
async def test_a_request_that_is_refused_before_it_comes_to_the_route_is_told_too(sent, status):
    assert await headers_of("/v1/things/7", **sent) == (status, TOLD)


async def test_a_route_that_stays_says_nothing_of_it():
    assert await headers_of("/v2/things/7") == (200, {})
    assert await headers_of("/v2/things/7", token_first=True) == (401, {})


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/v1/none", "GET", 404), ("/v1/things/7", "DELETE", 405)]
)
async def test_what_is_no_route_says_nothing_of_it(path, method, status):
    assert await headers_of(path, method) == (status, {})


def test_the_document_marks_it_and_names_the_headers():
    paths = app().openapi()["paths"]
    old, new = paths["/v1/things/{number}"]["get"], paths["/v2/things/{number}"]["get"]
    told = {name: old[name] for name in ("deprecated", "x-deprecated-since", "x-sunset", "x-instead")}
    assert told == {
        "deprecated": True,
        "x-deprecated-since": "2027-01-10",
        "x-sunset": "2027-09-01",
        "x-instead": "/v2/things",
    }
    assert {"Deprecation", "Sunset", "Link"} <= old["responses"]["200"]["headers"].keys()
    assert new["responses"]["200"]["headers"].keys() == {"ETag"}
    assert "deprecated" not in new


def test_nobody_is_given_less_than_half_a_year():
    with pytest.raises(NoticeTooShort):
        deprecated(since=date(2027, 1, 10), sunset=date(2027, 7, 8))
