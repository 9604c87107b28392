"""What every route stands on: one transaction, idempotency, versions, pages, limits; on a real PostgreSQL."""

import asyncio
import hashlib
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.problems import Conflict, PreconditionFailed
from chassis.service import Service
from chassis.settings import Settings
from chassis.web.http import Done, IfMatch, Listing, Page, Tx, Who, cursor, done
from contracts.events.notify import NotificationSentV1
from tests.harness import running

CANARY = "canary-4711"


class Note(BaseModel):
    words: str = Field(max_length=100)


def router() -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/notes", status_code=201)
    async def post_note(body: Note, actor: Who, tx: Tx, response: Response) -> Done:
        note = tx.new_id()
        case = uuid4()
        tx.say(NotificationSentV1(case_id=case, notification_id=note, channel="inbox", template="answer"))
        if body.words == "fail":
            raise Conflict
        if body.words == "break":
            raise RuntimeError(body.words)
        return done(tx, response, note, 1, status=201, location=f"/v1/notes/{note}")

    @routes.post("/v1/slow")
    async def post_slow(actor: Who, tx: Tx, response: Response) -> Done:
        await asyncio.sleep(0.2)
        return done(tx, response, uuid4())

    @routes.put("/v1/notes/{note_id}")
    async def put_note(note_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response) -> Done:
        if expected not in (None, 3):
            raise PreconditionFailed
        return done(tx, response, note_id, 4)

    @routes.get("/v1/numbers")
    async def get_numbers(actor: Who, page: Page) -> Listing[int]:
        start = int(page.after[0]) if page.after else 0
        numbers = list(range(start + 1, min(start + page.limit, 5) + 1))
        return Listing(items=numbers, next=cursor(numbers[-1]) if numbers and numbers[-1] < 5 else None)

    return routes


def build(settings: Settings) -> Service:
    return Service(settings, name="notify", router=router(), versions=None, follows_cases=False)


@pytest.fixture
async def service(postgres, tmp_path):
    async with running(
        "notify", build, None, Settings, postgres, tmp_path, vault=False, max_body_bytes=2000
    ) as h:
        yield h


async def post(service, words, key=None, **kwargs):
    headers = service.as_("case_worker") | ({"Idempotency-Key": key} if key else {}) | kwargs
    return await service.client.post("/v1/notes", json={"words": words}, headers=headers)


async def test_a_command_commits_what_it_said_before_it_answers(service):
    answer = await post(service, "hello")
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert [body["notification_id"] for _, body in await service.said()] == [answer.json()["id"]]


async def test_a_command_that_fails_leaves_nothing_not_even_its_key(service):
    assert (await post(service, "fail", "key-00000001")).status_code == 409
    assert await service.said() == []
    assert (await post(service, "hello", "key-00000001")).status_code == 201


async def test_the_same_key_gives_the_first_answer_again_and_does_nothing_twice(service):
    first = await post(service, "hello", "key-00000001")
    again = await post(service, "hello", "key-00000001")
    assert (again.status_code, again.json()["id"], again.headers["etag"]) == (201, first.json()["id"], '"1"')
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await service.said()) == 1


async def test_a_key_used_for_another_request_is_refused(service):
    await post(service, "hello", "key-00000001")
    answer = await post(service, "other", "key-00000001")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")


async def test_a_key_belongs_to_the_one_who_used_it(service):
    await post(service, "hello", "key-00000001")
    headers = service.as_("case_worker", sub="th.somebody-else") | {"Idempotency-Key": "key-00000001"}
    answer = await service.client.post("/v1/notes", json={"words": "hello"}, headers=headers)
    assert "idempotency-replayed" not in answer.headers


async def test_two_requests_at_once_with_one_key_do_it_once(service):
    headers = service.as_("case_worker") | {"Idempotency-Key": "key-00000001"}
    answers = await asyncio.gather(*(service.client.post("/v1/slow", headers=headers) for _ in range(3)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted("idempotency-replayed" in answer.headers for answer in answers) == [False, True, True]


async def test_no_body_is_kept_under_a_key(service):
    await post(service, CANARY, "key-00000001")
    async with service.service.database.engine.connect() as conn:
        rows = (
            (await conn.execute(text("select cast(i as text) as row from chassis.idempotency i")))
            .scalars()
            .all()
        )
    assert len(rows) == 1
    assert CANARY not in rows[0]


async def test_a_key_that_is_a_name_is_kept_nowhere_in_clear_and_found_again(service):
    await post(service, "hello", "Sreymom.Canary")
    async with service.service.database.engine.connect() as conn:
        kept = (await conn.execute(text("select key from chassis.idempotency"))).scalars().all()
    assert [(len(key), "Sreymom" in key) for key in kept] == [(64, False)]
    assert (await post(service, "hello", "Sreymom.Canary")).headers["idempotency-replayed"] == "true"


async def test_a_short_body_cannot_be_found_by_trying_with_the_database_alone(service):
    headers = service.as_("case_worker") | {
        "Idempotency-Key": "key-00000001",
        "Content-Type": "application/json",
    }
    await service.client.post("/v1/notes", content=b'{"words":"yes"}', headers=headers)
    async with service.service.database.engine.connect() as conn:
        kept = bytes((await conn.execute(text("select fingerprint from chassis.idempotency"))).scalar_one())
    salt, digest = kept[:16], kept[16:]
    for head in (b"POST /v1/notes\n", b"POST /v1/notes?\n"):
        assert hashlib.sha256(salt + head + b'{"words":"yes"}').digest() != digest


async def test_another_query_is_another_request(service):
    headers = service.as_("case_worker") | {"Idempotency-Key": "key-00000001"}
    answers = [
        (await service.client.post(f"/v1/slow{query}", headers=headers)).status_code for query in ("", "?a=1")
    ]
    assert answers == [200, 422]


@pytest.mark.parametrize("key", ["short", "has space in it", "x" * 81, "näme-with-letters"])
async def test_a_malformed_key_is_refused(service, key):
    answer = await post(service, "hello", key.encode() if not key.isascii() else key)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("sent", "status"), [('"3"', 200), ('W/"3"', 200), ("*", 200), (None, 200), ('"2"', 412), ("3", 422)]
)
async def test_a_change_names_the_version_it_saw(service, sent, status):
    headers = service.as_("case_worker") | ({"If-Match": sent} if sent else {})
    assert (await service.client.put(f"/v1/notes/{uuid4()}", headers=headers)).status_code == status


async def test_pages_follow_one_another_to_the_end(service):
    seen, after = [], ""
    for _ in range(3):
        page = (
            await service.client.get(f"/v1/numbers?limit=2{after}", headers=service.as_("case_worker"))
        ).json()
        seen += page["items"]
        after = f"&after={page['next']}"
    assert (seen, page["next"]) == ([1, 2, 3, 4, 5], None)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=!!!", "after=%FF"])
async def test_a_page_that_cannot_be_is_refused(service, query):
    answer = await service.client.get(f"/v1/numbers?{query}", headers=service.as_("case_worker"))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_body_over_the_limit_is_refused_by_its_length_and_while_it_arrives(service):
    async def chunks():
        for _ in range(10):
            yield b"x" * 500

    headers = service.as_("case_worker") | {"Content-Type": "application/json"}
    for content in (b"x" * 3000, chunks()):
        answer = await service.client.post("/v1/notes", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert await service.said() == []


async def test_no_answer_echoes_what_was_sent(service):
    for words in (CANARY * 20, "break"):
        answer = await post(service, words)
        assert answer.status_code in {422, 500}
        assert words not in answer.text


async def test_a_service_says_what_keeps_it_from_being_ready(service):
    assert (await service.client.get("/health/live")).status_code == 200
    assert (await service.client.get("/health/ready")).json() == {
        "status": "ok",
        "problems": {},
        "degraded": {},
    }


async def test_operators_alone_see_what_stands_still(service):
    for path in ("/v1/parked", "/v1/work"):
        assert (await service.client.get(path, headers=service.as_("case_worker"))).status_code == 403
        answer = await service.client.get(path, headers=service.as_("operator", org="th-operations"))
        assert answer.json() == {"items": [], "next": None, "moves": []}


@pytest.mark.parametrize(
    ("query", "place", "code"),
    [
        ("assigned=canary", "assigned", "unknown-parameter"),
        ("Sokha%20Canary=1", "*", "unknown-parameter"),
        ("limit;=5", "*", "unknown-parameter"),
        (f"{'a' * 41}=5", "*", "unknown-parameter"),
        ("=canary", "*", "unknown-parameter"),
        ("limit=5&limit=canary", "limit", "twice"),
    ],
)
async def test_an_unknown_parameter_is_named_where_its_name_cannot_be_a_value_and_no_value_is_repeated(
    service, query, place, code
):
    answer = await service.client.get(f"/v1/numbers?{query}", headers=service.as_("case_worker"))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["loc"], error["code"]) == (422, ["query", place], code)
    assert "canary" not in answer.text.lower()


async def test_a_command_and_a_route_without_a_case_refuse_an_unknown_parameter_before_they_do_anything(
    service,
):
    headers = service.as_("case_worker")
    answer = await service.client.post("/v1/notes?dry_run=true", json={"words": "hello"}, headers=headers)
    assert (answer.status_code, await service.said()) == (422, [])
    assert (await service.client.get("/health/live?deep=1")).status_code == 422
