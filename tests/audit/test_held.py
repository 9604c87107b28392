"""Audit tells intake what it has of somebody: who has read about her, and what was done."""

from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.examples import examples
from services.audit.domain.timeline import CONFIDENTIAL, LINKED
from tests.audit.test_api import given
from tests.audit.test_holders import case

__all__ = ["case"]


async def held(audit, case_id):
    path = f"/internal/v1/cases/{case_id}/held"
    answer = await audit.client.get(path, headers=audit.as_service("intake"))
    assert answer.status_code == 200, answer.text
    return {one["section"]: one["rows"] for one in answer.json()["sections"]}


async def test_who_read_about_her_and_who_was_refused_are_two_lists(audit, case):
    read = {"case_id": case, "resource": "received-fields", "fields": ("cor_FullName",)}
    for allowed in (True, False):
        await audit.deliver(RecordReadV1(**read, allowed=allowed), publisher="intake")
    await audit.deliver(AttemptRefusedV1(case_id=case, action="case.read", count=3), publisher="intake")
    sections = await held(audit, case)
    (reading,) = sections["reading"]
    assert "refused_times" not in {one["name"] for one in reading["values"]}
    refused = [{one["name"]: one["value"] for one in row["values"]} for row in sections["attempt"]]
    assert [(one.get("resource"), one["refused_times"]) for one in refused] == [
        ("received-fields", 1),
        (None, 3),
    ]


async def test_readings_and_what_was_done_are_told_apart(audit, case):
    await audit.deliver(given(case))
    await audit.deliver(
        RecordReadV1(case_id=case, resource="case-fields", fields=("cor_FullName",)), publisher="intake"
    )
    sections = await held(audit, case)
    (reading,) = sections["reading"]
    values = {one["name"]: one["value"] for one in reading["values"]}
    assert (values["resource"], values["fields"], values["by"]) == ("case-fields", ["cor_FullName"], "test")
    happened = [
        value["value"] for row in sections["log"] for value in row["values"] if value["name"] == "what"
    ]
    assert happened == ["case.opened", "case.assigned", "consent.given"]


async def test_what_those_who_hold_her_case_are_not_to_know_is_not_told_to_them_by_her_report(audit, case):
    await audit.deliver(given(case))
    for kind in sorted({*CONFIDENTIAL, LINKED}):
        told, *_ = examples(kind)
        await audit.deliver(told.event.model_copy(update={"case_id": case}))
    sections = await held(audit, case)
    happened = [
        value["value"] for row in sections["log"] for value in row["values"] if value["name"] == "what"
    ]
    assert happened == ["case.opened", "case.assigned", "consent.given"]
