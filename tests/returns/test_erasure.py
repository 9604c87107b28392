"""Returns hears of an erasure: what it knew of her goes, and a hold stays, which is in force when she is referred again."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.events.intake import CaseErasedV1, ErasureConfirmedV1
from services.returns.held import HELD
from tests.harness import Harness
from tests.returns.making import NOW, age_group, hold
from tests.returns.test_service import a_case


@pytest.mark.parametrize("by", ["confirmation", "recall"])
async def test_the_age_of_somebody_who_is_erased_is_not_kept(th: Harness, by: str) -> None:
    case_id, hold_id = await a_case(th), uuid4()
    await th.deliver(age_group(case_id, "child", "birth_date"))
    await th.deliver(hold(case_id, hold_id, NOW + timedelta(days=9)))
    erased = {
        "confirmation": ErasureConfirmedV1(case_id=case_id, erasure_id=uuid4()),
        "recall": CaseErasedV1(case_id=case_id, at=datetime.now(UTC), epoch="2026-11"),
    }
    await th.deliver(erased[by])
    async with th.service.database.engine.connect() as conn:
        (row,) = (await conn.execute(text("select age_group, flags, holds from returns.known"))).all()
    assert (row.age_group, row.flags, list(row.holds)) == (None, None, [str(hold_id)])
    held = await th.client.get(f"/internal/v1/cases/{case_id}/held", headers=th.as_service("intake"))
    sections = {one["section"]: one["rows"] for one in held.json()["sections"]}
    assert sections["return_preparation"] == []


@pytest.mark.parametrize(
    ("state", "ended"), [("withdrawn", True), ("closed", True), ("departed", False), ("arrived", False)]
)
def test_a_return_that_she_withdrew_is_over_and_one_that_she_arrived_after_it_is_not(
    state: str, ended: bool
) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    row = SimpleNamespace(state=state, closed_at=None, withdrawn_at=at)
    if state == "closed":
        row.closed_at = at
    values = [value.name for value in HELD[0].more(row)]
    assert values == (["ended_at"] if ended else [])
