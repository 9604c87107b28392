"""A route that will go says so in its document and in every answer, refusals too; what stays says nothing of the kind."""

from datetime import date
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from chassis.web import answers
from chassis.web.answer_headers import AnswerHeaders
from chassis.web.api_document import DocumentedApi
from chassis.web.deprecation import NoticeTooShort, deprecated

ANNOUNCED = {"since": date(2027, 1, 10), "sunset": date(2027, 9, 1)}
TOLD = {
    "deprecation": "@1799539200",
    "sunset": "Wed, 01 Sep 2027 00:00:00 GMT",
    "link": '</v2/things>; rel="successor-version"',
}


def app() -> FastAPI:
    router = APIRouter()

    @router.get("/v1/things/{number}", openapi_extra=deprecated(**ANNOUNCED, instead="/v2/things"))
    def get_old_thing(number: int) -> dict[str, int]:
        return {"number": number}

    @router.get("/v2/things/{number}")
    def get_thing(number: int) -> dict[str, int]:
        return {"number": number}

    built = DocumentedApi({})
    answers.install(built)
    built.add_middleware(AnswerHeaders)
    built.include_router(router)
    return built


async def headers_of(path: str) -> tuple[int, dict[str, Any]]:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app()), base_url="http://service"
    ) as client:
        answer = await client.get(path)
    return answer.status_code, {name: answer.headers[name] for name in TOLD if name in answer.headers}


@pytest.mark.parametrize(("number", "status"), [("7", 200), ("seven", 422)])
async def test_every_answer_of_a_route_that_will_go_says_when_and_what_takes_its_place(number, status):
    assert await headers_of(f"/v1/things/{number}") == (status, TOLD)


async def test_a_route_that_stays_says_nothing_of_it():
    assert await headers_of("/v2/things/7") == (200, {})


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
