"""What comes at the same time: recalls, answers and new disclosures, and two processes with one disclosure in hand."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.border.check import authority
from contracts.border.items import ControlItem, Recall
from contracts.events.intake import DisclosureClosedV1
from services.exchange.domain.disclosure import recall_item
from services.exchange.handlers import on_disclosure_authorised, on_disclosure_logged
from services.exchange.store import disclosures, received
from services.exchange.store.received import ArrivedDisclosure
from tests.exchange.test_crossing import authorise, destroyed_by_intake, open_fields, recall, send
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import NAME, RECIPIENT, SENDER, Case, now, rows
from tests.harness import later

WHILE = 0.3
"""Long enough for what runs beside to come as far as it can."""


async def test_a_disclosure_that_comes_with_a_recall_waits_until_the_recall_is_answered(
    th: Cell, kh: Cell
) -> None:
    """The answer destroys her key: what is sealed under it a moment before could never be read."""
    case, first = await send(th, kh)
    await th.deliver(recall(case))
    again = Case(th.trust, case_id=case.case_id, person_id=case.person_id)
    await authorise(th, again)
    await carry(th, kh)
    assert len(await kh.said("disclosure.received.v1")) == 1
    await destroyed_by_intake(kh, UUID(first["person_id"]))
    closed = DisclosureClosedV1(case_id=first["case_id"], disclosure_id=case.disclosure_id, answer="erased")
    await kh.deliver(closed)
    await kh.apply("TH")
    second = (await kh.said("disclosure.received.v1"))[-1]
    assert second["disclosure_id"] == str(again.disclosure_id)
    assert (await open_fields(kh, second))["cor_FullName"] == NAME


async def test_an_envelope_waits_for_its_own_cell_as_long_as_it_is_valid(th: Cell, kh: Cell) -> None:
    case, _ = await send(th, kh)
    await th.deliver(recall(case))
    await authorise(th, Case(th.trust, case_id=case.case_id, person_id=case.person_id))
    await carry(th, kh)
    for _ in range(70):
        await kh.apply("TH")
    assert len(await rows(kh.harness, "select 1 from exchange.inbox")) == 1
    assert await rows(kh.harness, "select code from exchange.quarantine") == []


async def test_two_processes_that_hear_of_one_disclosure_at_once_lose_nothing(th: Cell) -> None:
    case, database = Case(th.trust), th.harness.service.database

    async def hear(handler: Any, event: Any, *, hold: float) -> None:
        async with database.transaction(database.system()) as tx:
            found = await disclosures.load(tx, [case.disclosure_id])
            handler(found[case.disclosure_id], event, now())
            await asyncio.sleep(hold)
            await disclosures.save(tx, list(found.values()))

    await asyncio.gather(
        hear(on_disclosure_authorised, case.authorised(), hold=WHILE),
        hear(on_disclosure_logged, case.logged(), hold=WHILE / 2),
    )
    [row] = await rows(th.harness, "select state, authorised, entry from exchange.disclosures")
    assert (row.state, row.authorised is None, row.entry) == ("due", False, 7)


async def test_a_recall_that_meets_its_disclosure_coming_in_closes_it(th: Cell, kh: Cell) -> None:
    """Two processes read one topic: one takes the disclosure in, the other the recall, and neither sees the other yet."""
    case, database = Case(th.trust), kh.harness.service.database
    content = Recall(case.disclosure_id, case.referral_id, "withdrawn")
    item = ControlItem(recall_item(case.disclosure_id), content, uuid4())
    async with database.transaction(database.system()) as tx:
        arrived = ArrivedDisclosure(
            "TH", case.disclosure_id, uuid4(), case.referral_id, uuid4(), SENDER, RECIPIENT, later(60)
        )
        await received.add(tx, arrived)
        beside = asyncio.create_task(kh.take("TH", [th.seal([item], authority("KH"))]))
        await asyncio.sleep(WHILE)
    await beside
    assert [r["disclosure_id"] for r in await kh.said("recall.received.v1")] == [str(case.disclosure_id)]
    due = await rows(kh.harness, "select payload->'content'->>'answer' as answer from chassis.work")
    assert "never_received" not in [row.answer for row in due]


async def fail_for_the_last_time(cell: Cell, kind: str) -> None:
    async with cell.harness.service.database.engine.begin() as conn:
        await conn.execute(text("update chassis.work set attempts = 99 where kind = :k"), {"k": kind})
    await cell.work()


async def test_a_disclosure_that_cannot_be_sealed_for_no_known_reason_is_told_in_the_end(
    th: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("cannot")

    case = Case(th.trust)
    await authorise(th, case)
    monkeypatch.setattr("services.exchange.use_cases.seal_disclosure.check_item", fails)
    await th.work()
    assert await th.said("envelope.refused.v1") == []
    await fail_for_the_last_time(th, "seal")
    [told] = await th.said("envelope.refused.v1")
    assert (told["disclosure_id"], told["code"]) == (str(case.disclosure_id), "not_sealed")
