"""A file of the cases that were opened in certain days of the place: nobody else is read about for it."""

from datetime import UTC, datetime
from uuid import UUID

import httpx2
from sqlalchemy import text

from tests.intake.making import bodies
from tests.interchange.test_imports import imported

OPENED = {
    "Sokha": datetime(2026, 11, 20, 16, 59, tzinfo=UTC),
    "Dara": datetime(2026, 11, 20, 17, 0, tzinfo=UTC),
    "Malee": datetime(2026, 11, 21, 16, 59, tzinfo=UTC),
    "Bopha": datetime(2026, 11, 21, 17, 0, tzinfo=UTC),
}
"""Name → when her case was opened; in Bangkok the 21st begins at 17:00 of the 20th in UTC."""


async def test_a_file_has_the_cases_of_its_days_in_the_place_of_the_cell_and_reads_no_others(files, intake):
    for name, at in OPENED.items():
        import_id = await imported(files, f"prs_First_Name\n{name}\n".encode())
        async with files.service.database.engine.connect() as conn:
            statement = text("select case_id from interchange.results where import_id = :id")
            case_id = (await conn.execute(statement, {"id": UUID(import_id)})).scalar_one()
        async with intake.service.database.engine.begin() as conn:
            await conn.execute(
                text("update intake.cases set opened_at = :at where id = :id"), {"at": at, "id": case_id}
            )
    headers = files.as_("supervisor")
    names: dict[str, set[str]] = {}
    for days in ({"opened_from": "2026-11-21", "opened_to": "2026-11-21"}, {"opened_from": "2026-11-22"}):
        answer = await files.client.post("/v1/exports", json={"format": "csv", **days}, headers=headers)
        while await files.work():
            pass
        view = (await files.client.get(answer.headers["location"], headers=headers)).json()
        assert {name: view[name] for name in days} == days
        content = (await files.client.get(view["file"], headers=headers)).text
        names[days["opened_from"]] = {name for name in OPENED if name in content}
    assert names == {"2026-11-21": {"Dara", "Malee"}, "2026-11-22": {"Bopha"}}
    assert len(bodies(await intake.said(), "record.read.v1")) == 3


async def test_days_in_the_wrong_order_are_refused(files):
    body = {"format": "csv", "opened_from": "2026-11-22", "opened_to": "2026-11-21"}
    answer = await files.client.post("/v1/exports", json=body, headers=files.as_("supervisor"))
    assert answer.status_code == httpx2.codes.UNPROCESSABLE_ENTITY
