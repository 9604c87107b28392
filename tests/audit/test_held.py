"""Audit tells intake what it has of somebody: who has read about her, and what was done."""

from contracts.events.access import RecordReadV1
from tests.audit.test_api import given
from tests.audit.test_holders import case

__all__ = ["case"]


async def test_readings_and_what_was_done_are_told_apart(audit, case):
    await audit.deliver(given(case))
    await audit.deliver(
        RecordReadV1(case_id=case, resource="case-fields", fields=("cor_FullName",)), publisher="intake"
    )
    path = f"/internal/v1/cases/{case}/held"
    answer = await audit.client.get(path, headers=audit.as_service("intake"))
    assert answer.status_code == 200, answer.text
    sections = {one["section"]: one["rows"] for one in answer.json()["sections"]}
    (reading,) = sections["reading"]
    values = {one["name"]: one["value"] for one in reading["values"]}
    assert (values["resource"], values["fields"], values["by"]) == ("case-fields", ["cor_FullName"], "test")
    happened = [
        value["value"] for row in sections["log"] for value in row["values"] if value["name"] == "what"
    ]
    assert happened == ["case.opened", "case.assigned", "consent.given"]
