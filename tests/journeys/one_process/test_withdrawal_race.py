"""Withdrawal racing a disclosure, judged on consent's ledger and exchange's envelopes; and the judge itself is judged."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from chassis.work import WorkRunner
from corridor.journey import Journey, eventually
from corridor.story import CATEGORIES
from services.exchange.seal_token import Verdict
from tests.exchange.withdrawing import Aim
from tests.journeys.one_process.together import Together

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="package")]

RACES, AT_ONCE = 40, 8
BLIND_RACES = 12


@dataclass(frozen=True)
class Disclosure:
    """What consent's ledger and exchange's envelopes say of one disclosure, in the order of the ledger."""

    steps: tuple[str, ...]
    sealed: int
    sealed_before: int
    """Envelopes at the end, and at the moment at which the withdrawal was answered as complete."""


def judge(disclosures: list[Disclosure]) -> None:
    """Nothing is sealed after the withdrawal was answered as complete; what was sealed before has a token, a recall, an answer."""
    for one in disclosures:
        assert one.sealed == one.sealed_before, f"an envelope after the complete answer: {one}"
        if "refused" in one.steps:
            assert not one.sealed, f"an envelope for what was refused: {one}"
            continue
        recalled = one.steps.index("recalled")
        assert "token" not in one.steps[recalled:], f"a token after the withdrawal: {one}"
        if one.sealed:
            assert "token" in one.steps[:recalled], f"an envelope without a token: {one}"
        assert "answered" in one.steps[recalled:], f"a recall without an answer: {one}"


async def rows(together: Together, database: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(together.cells["TH"].postgres.admin_dsn(database))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def sealed(together: Together, case_id: str) -> int:
    """How many envelopes with something of this case were ever committed in its cell."""
    query = (
        "select count(*) as n from exchange.envelope_items where item_class = 'disclosure'"
        f" and case_id = '{UUID(case_id)}'"
    )
    (row,) = await rows(together, "exchange", query)
    count: int = row["n"]
    return count


async def disclosures(together: Together, before: dict[str, int]) -> list[Disclosure]:
    """`before` maps each raced case to its envelopes at the complete answer."""
    ledger = await rows(together, "consent", "select case_id, step from consent.ledger order by pos")
    steps: dict[str, list[str]] = {}
    for row in ledger:
        steps.setdefault(str(row["case_id"]), []).append(row["step"])
    return [
        Disclosure(tuple(taken), await sealed(together, case), before[case])
        for case, taken in steps.items()
        if case in before
    ]


async def race(together: Together, aim: Aim, before: dict[str, int]) -> None:
    async with Journey(together.state) as journey:
        await journey.open_case({"cor_FullName": "Racer", "prs_Birthdate": "1990"}, "routine")
        await journey.give_consent(CATEGORIES)
        await journey.draft()
        await journey.send()
        await asyncio.sleep(aim.delay())
        await journey.withdraw()
        before[journey.case] = await sealed(together, journey.case)
        aim.learn(withdrawn_first="token" not in {row["step"] for row in await journey.ledger()})


async def race_many(together: Together, count: int) -> list[Disclosure]:
    """Run the races a few at a time and wait until every disclosure has been answered."""
    aim, gate = Aim(random.Random(4711)), asyncio.Semaphore(AT_ONCE)
    before: dict[str, int] = {}

    async def one() -> None:
        async with gate:
            await race(together, aim, before)

    await asyncio.gather(*(one() for _ in range(count)))

    async def settled() -> list[Disclosure] | None:
        seen = await disclosures(together, before)
        over = [one for one in seen if "answered" in one.steps or "refused" in one.steps]
        return over if len(over) == count else None

    return await eventually(settled, "an end of every disclosure", patience=120)


async def test_nothing_is_sealed_after_the_withdrawal_was_answered_as_complete(together):
    raced = await race_many(together, RACES)
    judge(raced)
    counted = Counter((one.sealed > 0, "token" in one.steps) for one in raced)
    assert counted[True, True] > RACES / 20, f"the disclosure hardly ever won: {counted}"
    assert counted[False, False] > RACES / 20, f"the withdrawal hardly ever won: {counted}"


class Blind:
    """Asks consent for no token, and takes anything for one."""

    async def check(self, *_: object) -> Verdict:
        return Verdict.HOLDS

    @staticmethod
    async def no_token(*_: object) -> str:
        return "none"


@pytest.fixture
def blind(together, monkeypatch) -> Together:
    """The same cells, whose exchanges ask for no token meanwhile."""
    for cell in together.cells:
        (work,) = [loop for loop in together.services[cell, "exchange"].loops if isinstance(loop, WorkRunner)]
        sealing = work._kinds["seal"].act.__self__
        monkeypatch.setattr(sealing, "_tokens", Blind())
        monkeypatch.setattr(sealing, "_token", Blind.no_token)
    return together


async def test_with_the_token_check_switched_off_the_judge_finds_it(blind):
    raced = await race_many(blind, BLIND_RACES)
    with pytest.raises(AssertionError, match="an envelope without a token"):
        judge(raced)
