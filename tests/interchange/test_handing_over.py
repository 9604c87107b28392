"""Between interchange and intake nothing is lost and nothing doubled, whichever of them stops in the middle."""

from types import SimpleNamespace

import httpx2
import pytest

from services.interchange.imports import CHUNK_CHARACTERS, import_work
from tests.intake.making import bodies
from tests.interchange.test_imports import count, imported, progress, results, row, send, table

THREE = table(*(row(cor_ExternalId=f"R-{number}") for number in range(3)))


class Lossy(httpx2.AsyncBaseTransport):
    """Hands on every call, and loses the first answers."""

    def __init__(self, behind: httpx2.AsyncBaseTransport, losing: int) -> None:
        self.behind, self.losing, self.calls = behind, losing, 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.calls += 1
        answer = await self.behind.handle_async_request(request)
        if self.calls <= self.losing:
            raise httpx2.ReadError("the connection was cut after intake had committed")
        return answer


def put_between(files, transport) -> None:
    files.service.peers.http = httpx2.AsyncClient(transport=transport)


async def test_an_answer_that_was_lost_is_given_again_and_each_row_is_still_the_one_that_opened_its_case(
    files, intake
):
    lossy = Lossy(httpx2.ASGITransport(app=intake.service.app, raise_app_exceptions=False), losing=2)
    put_between(files, lossy)
    import_id = (await send(files, THREE)).json()["id"]
    for _ in range(4):
        await files.work(hasten=True)
    assert lossy.calls == 3
    view = await progress(files, import_id)
    assert (view["state"], view["created"], view["duplicates"]) == ("done", 3, 0)
    opened = [body["case_id"] for body in bodies(await intake.said(), "case.opened.v1")]
    found = await results(files, import_id)
    assert [(line, outcome) for line, outcome, _ in found] == [(2, "opened"), (3, "opened"), (4, "opened")]
    assert sorted(case_id for _, _, case_id in found) == sorted(opened)


async def test_two_attempts_at_one_chunk_are_counted_once(files, intake):
    import_id = (await send(files, THREE)).json()["id"]
    kind, item = (
        import_work(files.service)[0],
        SimpleNamespace(payload={"import_id": import_id, "number": 1}),
    )
    attempts = [await kind.act(item), await kind.act(item)]  # both before either is finished
    for attempt in attempts:
        async with files.service.database.transaction(files.service.database.system()) as tx:
            await kind.finish(tx, item, attempt)
    assert await count(intake, "intake.cases") == 3
    assert [outcome for _, outcome, _ in await results(files, import_id)] == ["opened"] * 3
    assert (await progress(files, import_id))["done"] == 3


async def test_while_intake_is_away_an_upload_is_taken_and_waits_and_a_dry_run_is_not_guessed(files, intake):
    async def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody listens")

    put_between(files, httpx2.MockTransport(away))
    import_id = (await send(files, THREE)).json()["id"]
    await files.work()
    assert (await progress(files, import_id))["done"] == 0
    assert (await send(files, THREE, dry_run=True)).status_code == 503
    put_between(files, httpx2.ASGITransport(app=intake.service.app, raise_app_exceptions=False))
    await files.work(hasten=True)
    assert (await progress(files, import_id))["created"] == 3


async def test_an_answer_that_does_not_speak_of_every_row_is_none(files):
    async def short(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"rows": []})

    put_between(files, httpx2.MockTransport(short))
    import_id = (await send(files, THREE)).json()["id"]
    await files.work()
    assert (await progress(files, import_id))["done"] == 0
    assert await count(files, "interchange.chunks") == 1


@pytest.mark.parametrize("length", [1_900])
async def test_rows_with_long_texts_are_handed_over_in_bodies_that_intake_takes(files, intake, length):
    """Four bytes a character: a hundred such rows would be more than a body may have."""
    columns = ("cor_Health", "cor_Pregnancy", "cor_Dependants", "cor_FamilyContact")
    lines = [",".join(["cor_ExternalId", *columns])]
    lines += [",".join([f"R-{n}", *("\U00020000" * length for _ in columns)]) for n in range(100)]
    content = "\n".join(lines).encode()
    assert length * 100 * len(columns) > CHUNK_CHARACTERS
    import_id = await imported(files, content)
    assert (await progress(files, import_id))["created"] == 100
    assert await count(intake, "intake.cases") == 100
