"""A body that two readers may read differently is refused before any route sees it; every other one arrives whole."""

import json

import httpx2
import pytest
from fastapi import FastAPI, Request

from chassis.web import answers
from chassis.web.body_limit import BodyLimit
from chassis.web.strict_json import NotStrict, StrictJson, check

CANARY = "canary-4711"
AMBIGUOUS = {
    "twice": f'{{"a": "{CANARY}", "a": 1}}'.encode(),
    "twice, written differently": f'{{"a": "{CANARY}", "\\u0061": 1}}'.encode(),
    "twice within": f'[{{"b": {{"a": "{CANARY}", "a": 1}}}}]'.encode(),
    "UTF-16": f'{{"a": "{CANARY}"}}'.encode("utf-16"),
    "no Unicode": b'{"a": "\xff"}',
    "NUL": f'{{"a": "{CANARY}\\u0000"}}'.encode(),
    "NUL after a backslash": rb'{"a": "\\\u0000"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "no number": b'{"a": NaN}',
    "no end": b'{"a": -Infinity}',
}


@pytest.fixture
async def client():
    app = FastAPI()
    app.add_middleware(StrictJson)
    answers.install(app)
    app.add_middleware(BodyLimit, limit=100_000)

    @app.post("/echo")
    async def echo(request: Request) -> dict[str, str]:
        return {"body": (await request.body()).decode("latin-1")}

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as found:
        yield found


@pytest.mark.parametrize("what", AMBIGUOUS)
@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=x", "application/merge-patch+json"]
)
async def test_an_ambiguous_body_is_a_problem_that_repeats_nothing(client, what, kind):
    answer = await client.post("/echo", content=AMBIGUOUS[what], headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["code"] == "json_invalid"
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 20_000, b'{"a": "\\\\u0000"}', '{"a": "สมหญิง", "b": {"a": 1}}'.encode()]
)
async def test_what_is_clear_or_no_json_at_all_arrives_as_it_was_sent(client, body):
    answer = await client.post("/echo", content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == {"body": body.decode("latin-1")}


async def test_a_file_is_not_looked_at(client):
    answer = await client.post(
        "/echo", content=AMBIGUOUS["twice"], headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 200


async def test_a_body_in_pieces_is_judged_whole_and_one_without_end_is_too_large(client):
    async def pieces(count):
        yield b'{"a": 1, '
        for _ in range(count):
            yield b" " * 1_000
        yield b'"a": 2}'

    headers = {"Content-Type": "application/json"}
    assert (await client.post("/echo", content=pieces(3), headers=headers)).status_code == 422
    assert (await client.post("/echo", content=pieces(200), headers=headers)).status_code == 413


def test_the_rule_is_named():
    with pytest.raises(NotStrict, match="stands twice"):
        check(json.dumps({"a": 1})[:-1].encode() + b', "a": 1}')


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
async def test_another_kind_of_body_is_415(client, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await client.post("/echo", content=b"a=1", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("body", [b'{"a": "x\\ud83dy"}', b'{"\\uDC00": 1}', b'["\\ude00\\ud83d"]'])
async def test_half_a_character_is_no_text_that_anybody_can_keep(client, body):
    answer = await client.post("/echo", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "json_invalid")


async def test_a_whole_character_in_two_escapes_is_taken(client):
    body = b'{"a": "\\ud83d\\ude00"}'
    answer = await client.post("/echo", content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == {"body": body.decode("latin-1")}
