"""Every error is a problem that says what is wrong and where, and never what was sent."""

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx2
import pytest
import structlog
from fastapi import FastAPI, Header, Request
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from chassis import problems
from chassis.outbox import TooLargeToSay
from chassis.web import answers
from chassis.web.body_limit import BodyLimit
from contracts.codes import UnknownCode

CANARY = "Somchai-4f1c-canary"


class Colour(Enum):
    RED = "red"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    identifier: UUID | None = None
    birth: date | None = None
    at: datetime | None = None
    count: Annotated[int | None, Field(gt=0)] = None
    amount: Annotated[Decimal | None, Field(max_digits=4)] = None
    word: Annotated[str | None, Field(max_length=3)] = None
    shape: Annotated[str | None, Field(pattern="^[a-z]+$")] = None
    colour: Colour | None = None
    site: AnyUrl | None = None
    words: Annotated[list[str] | None, Field(max_length=1)] = None
    answers: dict[str, int] | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    purpose: str | None = None
    free: str | None = None

    @field_validator("purpose")
    @classmethod
    def known(cls, value: str) -> str:
        raise UnknownCode("not a code of the list 'purpose'")

    @field_validator("free")
    @classmethod
    def careless(cls, value: str) -> str:
        raise ValueError(f"{value} is not good")


class Postgres(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(CANARY)
        self.sqlstate = sqlstate


def app() -> FastAPI:
    made = FastAPI()
    answers.install(made)
    made.add_middleware(BodyLimit, limit=10_000)

    @made.post("/form")
    async def form(body: Form) -> None:
        return None

    @made.get("/count")
    async def count(limit: int, if_match: Annotated[int, Header()] = 0) -> None:
        return None

    @made.get("/raise/{what}")
    async def fail(what: str, request: Request) -> Any:
        raise RAISED[what]

    @made.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> Any:
            yield b"one"
            raise RuntimeError(CANARY)

        return StreamingResponse(parts())

    return made


RAISED: dict[str, Exception] = {
    "unknown": RuntimeError(CANARY),
    "conflict": problems.WrongState(),
    "unauthenticated": problems.Unauthenticated("the token has expired"),
    "unavailable": problems.Unavailable(),
    "disk": DBAPIError("insert", {}, Postgres("53100")),
    "deadlock": DBAPIError("insert", {}, Postgres("40P01")),
    "constraint": DBAPIError("insert", {}, Postgres("23514")),
    "refused": ConnectionRefusedError(CANARY),
    "teapot": HTTPException(418, detail=CANARY),
    "size": TooLargeToSay("an event may have"),
    "invalid": problems.Invalid("no such thing", [{"loc": ["a"], "msg": "must be", "code": "x"}]),
}


@pytest.fixture
async def client() -> Any:
    transport = httpx2.ASGITransport(app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def errors_of(answer: httpx2.Response) -> dict[str, tuple[str, str]]:
    assert answer.status_code == 422
    return {".".join(map(str, e["loc"])): (e["code"], e["msg"]) for e in answer.json()["errors"]}


@pytest.mark.parametrize(
    "body",
    [
        {"identifier": CANARY},
        {"birth": CANARY},
        {"at": CANARY},
        {"count": CANARY},
        {"count": -987654321},
        {"amount": "987654321"},
        {"word": CANARY},
        {"shape": CANARY},
        {"colour": CANARY},
        {"site": CANARY},
        {"words": [CANARY, CANARY]},
        {"answers": {CANARY: "x"}},
        {"answers": {CANARY: CANARY}},
        {"pet": {"kind": CANARY}},
        {"purpose": CANARY},
        {"free": CANARY},
        {CANARY: 1},
        {"pet": {CANARY: 1}},
        [CANARY],
        CANARY,
    ],
    ids=lambda body: json.dumps(body)[:40],
)
async def test_a_refused_body_is_never_echoed(client: httpx2.AsyncClient, body: Any) -> None:
    answer = await client.post("/form", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    assert "987654321" not in answer.text
    assert {"loc", "msg", "code"} == set(answer.json()["errors"][0])


async def test_a_refusal_names_the_field_and_the_rule(client: httpx2.AsyncClient) -> None:
    body = {
        "identifier": "x",
        "count": 0,
        "word": "four",
        "words": ["a", "b"],
        "purpose": "x",
        "answers": {"k": "v"},
    }
    assert errors_of(await client.post("/form", json={**body, "nonsense": 1, "free": "x"})) == {
        "body.identifier": ("uuid_parsing", "must be a UUID"),
        "body.count": ("greater_than", "must be greater than 0"),
        "body.word": ("string_too_long", "must have at most 3 characters"),
        "body.words": ("too_long", "must have at most 1 items"),
        "body.answers.*": ("int_parsing", "must be a whole number"),
        "body.purpose": ("unknown-code", "not a code of the list 'purpose'"),
        "body.free": ("invalid", "is not valid"),
        "body.*": ("extra_forbidden", "this field is not known"),
    }


async def test_a_query_and_a_header_are_named_and_not_echoed(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/count", params={"limit": CANARY}, headers={"if-match": CANARY})
    assert set(errors_of(answer)) == {"query.limit", "header.if-match"}
    assert CANARY not in answer.text


@pytest.mark.parametrize("body", [b"{", b'{"a": ' + CANARY.encode(), b"\xff\xfe\x00", b'"' + CANARY.encode()])
async def test_malformed_json_is_refused_without_an_echo(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/form", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text


async def test_an_unknown_path_and_method_are_problems(client: httpx2.AsyncClient) -> None:
    missing, wrong = await client.get(f"/{CANARY}"), await client.delete("/form")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert CANARY not in missing.text


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("unknown", 500, "internal"),
        ("constraint", 500, "internal"),
        ("conflict", 409, "wrong-state"),
        ("unauthenticated", 401, "unauthenticated"),
        ("unavailable", 503, "unavailable"),
        ("disk", 503, "unavailable"),
        ("deadlock", 503, "unavailable"),
        ("refused", 503, "unavailable"),
        ("teapot", 418, "http"),
        ("size", 413, "too-large"),
        ("invalid", 422, "invalid"),
    ],
)
async def test_each_error_has_its_status_and_code(
    client: httpx2.AsyncClient, what: str, status: int, code: str
) -> None:
    answer = await client.get(f"/raise/{what}")
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text


async def test_the_form_of_a_problem(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/raise/invalid")).json() == {
        "type": "urn:corridor:problem:invalid",
        "title": "The request is not valid",
        "status": 422,
        "code": "invalid",
        "detail": "no such thing",
        "errors": [{"loc": ["a"], "msg": "must be", "code": "x"}],
    }


async def test_401_asks_for_a_token_and_503_says_when_to_try_again(client: httpx2.AsyncClient) -> None:
    assert "Bearer" in (await client.get("/raise/unauthenticated")).headers["www-authenticate"]
    assert (await client.get("/raise/unavailable")).headers["retry-after"] == "2"


async def test_an_unexpected_fault_is_logged_under_its_identifier_by_class_alone(
    client: httpx2.AsyncClient,
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await client.get("/raise/unknown")
    assert answer.json()["instance"].startswith("urn:uuid:")
    expected = {"error": "RuntimeError", "code": "internal", "instance": answer.json()["instance"]}
    assert logs == [{"event": "request.failed", "log_level": "error", **expected}]


async def test_a_failure_half_way_cuts_the_response_without_its_message(client: httpx2.AsyncClient) -> None:
    with pytest.raises(answers.ResponseInterrupted) as caught:
        await client.get("/stream")
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_body_over_the_limit_is_413_also_when_its_length_is_not_told(
    client: httpx2.AsyncClient,
) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 1000

    headers = {"content-type": "application/json"}
    told = await client.post("/form", content=b" " * 10_001, headers=headers)
    untold = await client.post("/form", content=chunks(), headers=headers)
    assert [told.status_code, untold.status_code] == [413, 413]
    assert told.json() == untold.json()
