"""Nothing is sealed after the withdrawal was answered as complete, however slow anything is."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from deploy.local.trust import TrustFiles
from services.consent.domain.disclosure import ROUTE_FIRST
from services.exchange.outgoing import outgoing
from services.exchange.store import disclosures
from tests.consent.conftest import superuser
from tests.exchange.withdrawing import Aim, OneCell, one_cell
from tests.exchange.world import rows

RACES, AT_ONCE = 40, 8


@pytest.fixture
async def cell(postgres: Any, files: TrustFiles, tmp_path: Path) -> AsyncIterator[OneCell]:
    async with one_cell(postgres, files, tmp_path) as found:
        await found.give()
        await found.send()
        await found.seal()  # so that the chain of the recipient is there
        yield found


async def end(cell: OneCell, consent_id: UUID, verb: str) -> Any:
    headers = cell.supervisor if verb == "revoke" else cell.worker
    return await cell.post(f"/v1/consents/{consent_id}/{verb}", headers)


async def until_token(cell: OneCell, disclosure_id: UUID) -> None:
    """The leave to seal is given: from now on the sealing is under way."""
    async with asyncio.timeout(30):
        while "token" not in await cell.steps(disclosure_id):
            await asyncio.sleep(0.02)


async def envelopes_of(cell: OneCell, disclosure_id: UUID) -> list[UUID]:
    return [envelope for envelope, disclosure in await cell.sealed() if disclosure == disclosure_id]


async def until_complete(cell: OneCell, consent_id: UUID) -> None:
    async with asyncio.timeout(30):
        while not (await cell.view(consent_id))["complete"]:
            await cell.consent.work(hasten=True)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def slow_commits(cell: OneCell, admin_dsn: Any, seconds: float) -> AsyncIterator[None]:
    """The database of exchange takes its time over the commit of each envelope."""
    admin = superuser(admin_dsn, cell.exchange)
    function = (
        "create function exchange.slow() returns trigger language plpgsql as"
        f" $$ begin perform pg_sleep({seconds}); return null; end $$"
    )
    trigger = (
        "create constraint trigger slow after insert on exchange.envelopes deferrable initially deferred"
        " for each row execute function exchange.slow()"
    )
    try:
        async with admin.begin() as conn:
            for statement in (function, trigger):
                await conn.execute(text(statement))
        yield
        async with admin.begin() as conn:
            await conn.execute(text("drop function exchange.slow() cascade"))
    finally:
        await admin.dispose()


@pytest.mark.parametrize("verb", ["withdraw", "revoke"])
async def test_while_a_sealing_is_held_up_the_end_is_not_answered_as_complete(cell, verb):
    consent_id = await cell.give()
    disclosure_id = await cell.send()
    async with cell.chains_locked():
        sealing = asyncio.create_task(cell.seal())
        await until_token(cell, disclosure_id)
        answered = await end(cell, consent_id, verb)
        assert answered.status_code == 202
        body = answered.json()
        assert (body["complete"], [one["disclosure_id"] for one in body["waiting_for"]]) == (
            False,
            [str(disclosure_id)],
        )
        view = await cell.view(consent_id)
        assert (view["state"] in {"withdrawn", "revoked"}, view["complete"]) == (True, False)
        assert await envelopes_of(cell, disclosure_id) == []
    await sealing
    await until_complete(cell, consent_id)
    sealed = await envelopes_of(cell, disclosure_id)
    assert len(sealed) == 1  # the sealing that had begun was first, and a recall follows it
    await cell.at_rest()
    assert await envelopes_of(cell, disclosure_id) == sealed


async def test_nothing_is_sealed_after_a_withdrawal_that_came_between_the_token_and_the_sealing(cell):
    """The token is ten seconds young and in exchange's hands; it has only not come to the commit."""
    consent_id = await cell.give()
    disclosure_id = await cell.send()
    kind = _sealing(cell)
    act, between = kind.act, asyncio.Event()

    async def held(work: Any) -> Any:
        result = await act(work)
        await between.wait()
        return result

    object.__setattr__(kind, "act", held)
    sealing = asyncio.create_task(cell.seal())
    await until_token(cell, disclosure_id)
    answered = await end(cell, consent_id, "withdraw")
    assert (answered.status_code, answered.json()["complete"]) == (200, True)
    between.set()
    await sealing
    await cell.at_rest()
    assert await envelopes_of(cell, disclosure_id) == []
    assert await cell.steps(disclosure_id) == ["authorised", "token", "recalled", "fenced", "answered"]


def _sealing(cell: OneCell) -> Any:
    (work,) = [loop for loop in cell.exchange.service.loops if loop.name == "work"]
    return work._kinds["seal"]


async def test_nothing_is_sealed_after_a_complete_answer_on_a_disk_that_is_slow_to_commit(cell, postgres):
    async with slow_commits(cell, postgres.admin_dsn, 0.7):
        for wait in (0.0, 0.2, 0.5):
            consent_id = await cell.give()
            disclosure_id = await cell.send()
            sealing = asyncio.create_task(cell.seal())
            await until_token(cell, disclosure_id)
            await asyncio.sleep(wait)
            answered = await end(cell, consent_id, "withdraw")
            assert answered.json()["complete"] == (answered.status_code == 200)
            if answered.status_code == 202:
                await until_complete(cell, consent_id)
            sealed = await envelopes_of(cell, disclosure_id)
            await sealing
            await cell.at_rest()
            assert await envelopes_of(cell, disclosure_id) == sealed


async def test_with_exchange_stopped_the_withdrawal_stands_at_once_and_becomes_complete_by_itself(cell):
    consent_id = await cell.give()
    disclosure_id = await cell.send()
    async with cell.stopped():
        answered = await end(cell, consent_id, "withdraw")
        assert (answered.status_code, answered.json()["complete"]) == (202, False)
        again = await end(cell, consent_id, "withdraw")
        assert (again.status_code, again.json()["waiting_for"]) == (202, answered.json()["waiting_for"])
        assert (await cell.view(consent_id))["state"] == "withdrawn"
        await cell.consent.work(hasten=True)
        assert (await cell.view(consent_id))["complete"] is False
    await cell.consent.work(hasten=True)
    assert (await cell.view(consent_id))["complete"] is True
    again = await end(cell, consent_id, "withdraw")
    assert (again.status_code, again.json()["complete"], again.json()["waiting_for"]) == (200, True, [])
    await cell.at_rest()
    assert await envelopes_of(cell, disclosure_id) == []


async def test_the_event_of_the_recall_makes_it_complete_where_no_call_gets_through(cell):
    consent_id = await cell.give()
    await cell.send()
    async with cell.stopped():
        await end(cell, consent_id, "withdraw")
        await cell.carry()
        await cell.carry()
    assert (await cell.view(consent_id))["complete"] is True


async def test_an_expiry_is_fenced_as_a_withdrawal_is(cell):
    consent_id = await cell.give()
    disclosure_id = await cell.send()
    async with cell.consent.service.database.engine.begin() as conn:
        await conn.execute(
            text(
                "update consent.records set valid_until = now() - interval '1 second',"
                " terms = jsonb_set(terms, '{valid_until}', to_jsonb(to_char(now() - interval '1 second',"
                " 'YYYY-MM-DD\"T\"HH24:MI:SS+00:00'))) where id = :id"
            ),
            {"id": consent_id},
        )
    await cell.consent.work(hasten=True)
    view = await cell.view(consent_id)
    assert (view["state"], view["complete"]) == ("expired", False)
    await cell.consent.work(hasten=True)
    assert (await cell.view(consent_id))["complete"] is True
    await cell.at_rest()
    assert await envelopes_of(cell, disclosure_id) == []


async def test_what_was_delivered_holds_nothing_up(cell):
    """It can never be sealed again, so exchange is not asked, and may be away."""
    consent_id = await cell.give()
    disclosure_id = await cell.send()
    await cell.seal()
    await cell.carry()
    await _received(cell, disclosure_id)
    async with cell.stopped():
        answered = await end(cell, consent_id, "withdraw")
    assert (answered.status_code, answered.json()["complete"]) == (200, True)


async def _received(cell: OneCell, disclosure_id: UUID) -> None:
    """As the receipt of the recipient does it."""
    database = cell.exchange.service.database
    async with database.transaction(database.system()) as tx:
        disclosure = await disclosures.lock(tx, disclosure_id)
        tx.say(*map(outgoing, disclosure.deliver(tx.now)))
        await disclosures.save(tx, [disclosure])
    await cell.carry()


async def test_a_revocation_given_again_under_its_key_does_not_claim_what_is_not_yet_certain(cell):
    consent_id = await cell.give()
    await cell.send()
    headers = {**cell.supervisor, "Idempotency-Key": "revoke-her-consent"}
    async with cell.stopped():
        first = await cell.post(f"/v1/consents/{consent_id}/revoke", headers)
        again = await cell.post(f"/v1/consents/{consent_id}/revoke", headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_of_forty_withdrawals_at_the_moment_of_sealing_none_is_sealed_after_its_complete_answer(cell):
    """Judged on the rows alone: the envelopes that there are when the answer comes are all that there will ever be."""
    aim, at_answer = Aim(random.Random(4711), 0.2), {}

    async def withdraw(consent_id: UUID, disclosure_id: UUID) -> None:
        await asyncio.sleep(aim.delay())
        answered = await end(cell, consent_id, "withdraw")
        if answered.status_code == 202:
            await until_complete(cell, consent_id)
        at_answer[disclosure_id] = await envelopes_of(cell, disclosure_id)
        aim.learn(withdrawn_first=not at_answer[disclosure_id])

    for _ in range(RACES // AT_ONCE):
        ends = [(await cell.give(), await cell.send()) for _ in range(AT_ONCE)]
        await asyncio.gather(cell.seal(), *(withdraw(*one) for one in ends))
    await cell.at_rest()
    later = {disclosure_id: await envelopes_of(cell, disclosure_id) for disclosure_id in at_answer}
    assert later == at_answer
    won = sum(map(bool, later.values()))
    assert RACES / 20 < won < RACES - RACES / 20, f"it was never a race: {won} of {RACES} were sealed first"


async def test_the_work_that_asks_begins_after_the_request_has_asked(cell):
    consent_id = await cell.give()
    disclosure_id = await cell.send()
    async with cell.stopped():
        await end(cell, consent_id, "withdraw")
    (due,) = await rows(
        cell.consent,
        "select due_at - now() as left from chassis.work where kind = 'fence' and key = :k",
        k=str(disclosure_id),
    )
    assert due.left <= ROUTE_FIRST
