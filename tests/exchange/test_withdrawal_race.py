"""A withdrawal racing the seal: with the token check nothing is sealed on a lapsed leave; without it, it is."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.local.trust import TrustFiles
from services.exchange.domain.disclosure import AuthorisedDisclosure
from services.exchange.seal_token import Verdict
from services.exchange.trust import Trust
from tests.exchange.test_crossing import recall
from tests.exchange.world import Case, exchange, keys_in, now, peers, present, rows

RACES = 40


class Unchecked:
    """What the service would be like if it did not look at tokens."""

    async def check(
        self, token: str, disclosure_id: UUID, terms: AuthorisedDisclosure, now: datetime
    ) -> Verdict:
        return Verdict.HOLDS


async def sealed_on_a_lapsed_leave(
    postgres: Any, files: TrustFiles, directory: Path, trust: Trust, tokens: Any
) -> int:
    """The leave was given, then lapsed, and consent ended in between: consent thinks that it can never be used."""
    async with (
        peers(keys_in(directory), "TH") as peer,
        exchange(postgres, files, directory, "TH", peer=peer, keys=peer.keys, tokens=tokens) as th,
    ):
        await next(loop for loop in th.service.loops if loop.name == "trust").look()
        await present(th, "KH")
        peer.change = {"iat": int(now().timestamp()) - 20, "exp": int(now().timestamp()) - 10}
        case = Case(trust)
        for event in (case.opened(), case.authorised(), case.logged()):
            await th.deliver(event)
        runner = next(loop for loop in th.service.loops if loop.name == "work")
        runner.grace_seconds = 0
        await runner.run_due()
        return len(await rows(th, "select 1 from exchange.envelopes"))


async def test_the_check_of_the_token_is_what_stops_a_lapsed_leave(
    postgres: Any, files: TrustFiles, tmp_path: Path, trust: Trust
) -> None:
    assert await sealed_on_a_lapsed_leave(postgres, files, tmp_path / "a", trust, None) == 0
    assert await sealed_on_a_lapsed_leave(postgres, files, tmp_path / "b", trust, Unchecked()) == 1


async def test_a_recall_and_a_seal_at_the_same_time_end_in_one_of_two_ways(
    postgres: Any, files: TrustFiles, tmp_path: Path, trust: Trust
) -> None:
    """Either it was never sealed and is so answered, or it was sealed and a recall follows it. Never both, never neither."""
    async with (
        peers(keys_in(tmp_path / "th"), "TH") as peer,
        exchange(postgres, files, tmp_path / "th", "TH", peer=peer, keys=peer.keys, window=1000) as th,
    ):
        await next(loop for loop in th.service.loops if loop.name == "trust").look()
        await present(th, "KH")
        cases = [Case(trust) for _ in range(RACES)]
        for case in cases:
            for event in (case.opened(), case.authorised(), case.logged()):
                await th.deliver(event)

        async def withdraw() -> None:
            for case in cases:
                await th.deliver(recall(case))

        await asyncio.gather(th.work(), withdraw())
        await present(th, "KH")
        await th.work(hasten=True)
        sealed = {
            r.disclosure_id
            for r in await rows(
                th, "select disclosure_id from exchange.envelope_items where disclosure_id is not null"
            )
        }
        recalled = {
            UUID(r.content["disclosure_id"])
            for r in await rows(
                th, "select content from exchange.envelope_items where content ->> 'kind' = 'recall'"
            )
        }
        answered = {
            r.id
            for r in await rows(th, "select id from exchange.disclosures where answer = 'never_received'")
        }
        assert recalled == sealed
        assert answered == {case.disclosure_id for case in cases} - sealed
