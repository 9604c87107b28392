"""How a service asks another: one way to be away, one way to decline, and a question whose answer is of the contract."""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from contextvars import ContextVar
from uuid import UUID

import httpx2
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from chassis.identity.auth import ServiceTokens
from chassis.observe.telemetry import Telemetry
from chassis.peers import PeerAway, PeerDeclined, Peers
from chassis.problems import Unavailable
from chassis.settings import Settings
from contracts.internal import DISCLOSABLE, GRANT, SEAL_TOKEN, STANDING, ReadingGrant, SealTokenQuestion
from tests.harness import Keys

ABOUT = UUID(int=7)
GRANTED = {"disclosure_id": str(ABOUT), "granted": True, "purpose": None, "fields": [], "closed_for": None}
Said = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def peers(tmp_path):
    """Made of what a peer answers."""
    keys = Keys(tmp_path)
    keys.write()
    settings = Settings(
        cell="TH",
        mode="development",
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        kafka_bootstrap="127.0.0.1:1",
        peers={"consent": "http://consent.test/", "intake": "http://intake.test/intake"},
        **keys.settings("exchange"),
    )

    def made(answer: Said) -> Peers:
        found = Peers(settings, ServiceTokens(settings, "exchange"), Telemetry(settings, "exchange"))
        found.http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        return found

    return made


async def test_a_question_goes_to_the_peers_address_with_a_token_for_it_and_its_own_time_limit(peers) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={"cor_FullName": "Som", "prs_Citizenship": ["KH"]})

    found = await peers(answer).ask(DISCLOSABLE, ABOUT)
    assert found == {"cor_FullName": "Som", "prs_Citizenship": ("KH",)}
    [request] = asked
    assert str(request.url) == f"http://intake.test/intake/internal/v1/cases/{ABOUT}/disclosable"
    assert request.headers["Authorization"].startswith("Bearer ")
    assert [GRANT.seconds, STANDING["intake"].seconds] == [2.0, 2.0]
    assert request.extensions["timeout"]["read"] == DISCLOSABLE.seconds


@pytest.mark.parametrize("status", [404, 409, 410, 422])
async def test_what_will_be_no_again_declines(peers, status: int) -> None:
    question = SealTokenQuestion(recipient="kh-clinic", revision=1, fields_hash="a" * 64)
    with pytest.raises(PeerDeclined):
        await peers(lambda _: httpx2.Response(status)).ask(SEAL_TOKEN, ABOUT, question)


@pytest.mark.parametrize("status", [301, 401, 403, 429, 500, 502, 503])
async def test_whatever_may_be_different_the_next_time_is_away(peers, status: int) -> None:
    with pytest.raises(PeerAway) as away:
        await peers(lambda _: httpx2.Response(status)).ask(GRANT, ABOUT)
    assert not isinstance(away.value, PeerDeclined)
    assert isinstance(away.value, Unavailable)


@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"granted": "perhaps"}'])
async def test_an_answer_that_is_none_of_the_contract_is_away(peers, body: bytes) -> None:
    with pytest.raises(PeerAway):
        await peers(lambda _: httpx2.Response(200, content=body)).ask(GRANT, ABOUT)


async def test_who_cannot_be_reached_is_too_slow_or_has_no_address_is_away(peers) -> None:
    for error in (httpx2.ConnectError("down"), httpx2.ReadTimeout("slow")):

        def fails(_: httpx2.Request, error: Exception = error) -> httpx2.Response:
            raise error

        with pytest.raises(PeerAway):
            await peers(fails).ask(GRANT, ABOUT)
    with pytest.raises(PeerAway):
        await peers(lambda _: httpx2.Response(200)).ask(STANDING["exchange"], ABOUT)
    assert [peers(None).knows(peer) for peer in ("consent", "exchange")] == [True, False]


async def test_the_answer_is_of_its_class(peers) -> None:
    found = await peers(lambda _: httpx2.Response(200, json=GRANTED)).ask(GRANT, ABOUT)
    assert found == ReadingGrant(**GRANTED)


class NearApp:
    """An app that answers a question of its own process, after so long."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self._seconds, self._error = seconds, error
        self.asked: list[tuple[str, str]] = []
        self.done = asyncio.Event()

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        self.asked.append((scope["path"], ASKING.get("nobody's")))
        await asyncio.sleep(self._seconds)
        if self._error is not None:
            raise self._error
        await JSONResponse(GRANTED)(scope, _, send)
        self.done.set()


ASKING: ContextVar[str] = ContextVar("asking")


def nothing_by_a_socket(_: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody is asked over a socket here")


async def test_a_service_of_the_same_process_is_asked_in_memory_and_sees_nothing_of_who_asks_but_the_request(
    peers,
) -> None:
    found, app = peers(nothing_by_a_socket), NearApp()
    found.meet({"consent": app})
    ASKING.set("a request under way")
    assert (await found.ask(GRANT, ABOUT)).disclosure_id == ABOUT
    assert app.asked == [(f"/internal/v1/grants/{ABOUT}", "nobody's")]
    with pytest.raises(PeerAway):
        await found.ask(DISCLOSABLE, ABOUT)


async def test_a_service_of_the_same_process_that_fails_is_away(peers) -> None:
    found = peers(nothing_by_a_socket)
    found.meet({"consent": NearApp(error=ZeroDivisionError("inside"))})
    with pytest.raises(PeerAway):
        await found.ask(GRANT, ABOUT)


async def test_a_service_of_the_same_process_that_is_too_slow_is_away_and_goes_on(peers) -> None:
    found, app = peers(nothing_by_a_socket), NearApp(seconds=0.3)
    found.meet({"consent": app})
    began = time.monotonic()
    with pytest.raises(PeerAway):
        await found.ask(dataclasses.replace(GRANT, seconds=0.05), ABOUT)
    assert time.monotonic() < began + 0.25
    assert not app.done.is_set()
    await asyncio.wait_for(app.done.wait(), 5)


async def test_who_waits_for_a_service_of_the_same_process_and_is_broken_off_breaks_nothing_off_there(
    peers,
) -> None:
    found, app = peers(nothing_by_a_socket), NearApp(seconds=0.2)
    found.meet({"consent": app})
    asking = asyncio.create_task(found.ask(GRANT, ABOUT))
    await asyncio.sleep(0.05)
    asking.cancel()
    await asyncio.wait({asking})
    await asyncio.wait_for(app.done.wait(), 5)
