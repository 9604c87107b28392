"""A disclosure and its referral's acceptance come by different topics: two processes may have one each in hand."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.casefile.handlers import on_disclosure_received, on_referral_accepted
from services.intake.casefile.store import received
from tests.harness import Harness
from tests.intake.making import NOW, acceptance_of, bodies, disclosure, recall_of

WHILE = 0.3
"""Seconds that a transaction stays open: no time is asserted, only that the two are under way together."""


@pytest.mark.parametrize("first", ["disclosure", "acceptance"])
async def test_what_is_accepted_while_it_comes_in_is_restricted_by_a_recall(
    intake: Harness, first: str
) -> None:
    came, database = await disclosure(intake, {"cor_FullName": "Sokha"}), intake.service.database

    async def hear(handler: Any, event: Any, name: str) -> None:
        await asyncio.sleep(0 if name == first else WHILE / 3)
        async with database.transaction(database.system()) as tx:
            files = await received.load(tx, [came.case_id])
            handler(files[came.case_id], event, NOW)
            await asyncio.sleep(WHILE)
            await received.save(tx, list(files.values()))

    await asyncio.gather(
        hear(on_disclosure_received, came, "disclosure"),
        hear(on_referral_accepted, acceptance_of(came), "acceptance"),
    )
    async with database.transaction(database.system()) as tx:
        states = (await tx.execute(text("select state from intake.disclosures"))).scalars().all()
    assert states == ["accepted"]
    await intake.deliver(recall_of(came))
    [closed] = bodies(await intake.said(), "disclosure.closed.v1")
    assert closed["answer"] == "restricted"
