"""How a service asks another: one way to be away, one way to decline, and a question whose answer is of the contract."""

from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest

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
