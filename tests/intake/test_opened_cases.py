"""However a case is opened, its row has what its event says: both are made of one fact."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.harness import Harness
from tests.intake.making import bodies, disclosure, file_row, hand_over, open_case, sent


async def by_form(intake: Harness) -> None:
    await open_case(intake)


async def by_file(intake: Harness) -> None:
    await hand_over(intake, uuid4(), sent(file_row(cor_FullName="Sokha")))


async def from_abroad(intake: Harness) -> None:
    await intake.deliver(await disclosure(intake, {"cor_FullName": "Sokha"}))


@pytest.mark.parametrize("opening", [by_form, by_file, from_abroad])
async def test_the_row_of_an_opened_case_has_what_its_event_says(intake: Harness, opening) -> None:
    await opening(intake)
    said = bodies(await intake.said(), "case.opened.v1")
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        rows = await tx.execute(
            text(
                "select id as case_id, person_id, channel, organisation, urgency, opened_at from intake.cases"
            )
        )
        written = {row.case_id: tuple(row) for row in rows}
    assert said
    assert {
        UUID(one["case_id"]): (
            UUID(one["case_id"]),
            UUID(one["person_id"]),
            one["channel"],
            one["organisation"],
            one["urgency"],
            datetime.fromisoformat(one["opened_at"]),
        )
        for one in said
    } == written
