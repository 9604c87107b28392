"""Every change of what is known of a person is an event with field names, and a revision that stays sealed."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.intake.making import PERSON, bodies, disclosure, file_row, hand_over, open_case, recall_of, sent

WHY = "Her passport was found."


async def put(intake, case_id, version, **body):
    headers = intake.as_("case_worker") | {"If-Match": f'"{version}"'}
    answer = await intake.client.put(f"/v1/cases/{case_id}/fields", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def history(intake, case_id, **query):
    url = f"/v1/cases/{case_id}/fields/history"
    answer = await intake.client.get(url, params=query, headers=intake.as_("case_worker"))
    assert (answer.status_code, answer.headers.get("cache-control")) == (200, "no-store"), answer.text
    return answer.json()


async def recorded(intake):
    return [
        (said["revision"], said["fields"], said["removed"])
        for said in bodies(await intake.said(), "fields.recorded.v1")
    ]


async def test_a_changed_birth_date_is_an_event_with_the_name_of_the_field_and_no_value(intake):
    case_id = await open_case(intake)
    await put(intake, case_id, 1, fields={"prs_Birthdate": "1990", "prs_MobilePhone": None}, reason=WHY)
    assert await recorded(intake) == [
        (1, sorted(PERSON), []),
        (2, ["prs_Birthdate"], ["prs_MobilePhone"]),
    ]
    assert "1990" not in json.dumps(await intake.said())


async def test_the_old_value_stays_with_who_when_and_why_and_reading_it_is_logged(intake):
    case_id = await open_case(intake)
    await put(intake, case_id, 1, fields={"prs_Birthdate": "1990"}, reason=WHY)
    first, second = (await history(intake, case_id))["items"]
    assert first["fields"] == PERSON
    assert (first["by"], first["reason"], first["flags"]) == ("th.screening_officer", None, None)
    assert (second["fields"], second["reason"]) == ({"prs_Birthdate": "1990"}, WHY)
    assert (second["by"], second["organisation"], second["revision"]) == (
        "th.case_worker",
        "th-care-agency",
        2,
    )
    read = bodies(await intake.said(), "record.read.v1")[-1]
    assert (read["resource"], read["fields"]) == ("field-history", sorted(PERSON))


async def test_flags_have_revisions_too(intake):
    case_id = await open_case(intake, flags=["late_pregnancy"])
    await put(intake, case_id, 1, flags=[], reason=WHY)
    assert [one["flags"] for one in (await history(intake, case_id))["items"]] == [["late_pregnancy"], []]


async def test_the_history_comes_in_pages(intake):
    case_id = await open_case(intake)
    await put(intake, case_id, 1, fields={"prs_Birthdate": "1990"}, reason=WHY)
    first = await history(intake, case_id, limit=1)
    second = await history(intake, case_id, limit=1, after=first["next"])
    assert [one["revision"] for page in (first, second) for one in page["items"]] == [1, 2]


async def test_an_assessment_and_a_decision_are_changes_of_her_data_as_well(intake):
    case_id = await open_case(intake, fields={})
    headers = intake.as_("supervisor")
    needs = {"urgency": "urgent", "needs": ["shelter"]}
    decision = {
        "status": "PossibleVictimOfTrafficking",
        "deciding_organisation": "NGO",
        "reasons": "As she says.",
    }
    for path, body in (("needs", needs), ("status", decision)):
        url = f"/v1/cases/{case_id}/{path}"
        answer = await intake.client.post(url, json=body, headers=headers | {"If-Match": "*"})
        assert answer.status_code == 201, answer.text
    decided = ["vic_TraffickingStatus", "vic_TraffickingStatusDecisionMakingOrg"]
    assert await recorded(intake) == [(1, ["cor_Needs"], []), (2, decided, [])]
    assert [sorted(one["fields"]) for one in (await history(intake, case_id))["items"]] == [
        ["cor_Needs"],
        decided,
    ]


async def test_an_imported_row_has_its_revisions(intake):
    fields = {"prs_FirstName": "Sokha", "vic_TraffickingStatus": "PossibleVictimOfTrafficking"}
    fields["vic_TraffickingStatusDecisionMakingOrg"] = "NGO"
    assert (await hand_over(intake, uuid4(), sent(file_row(**fields)))).status_code == 200
    decided = ["vic_TraffickingStatus", "vic_TraffickingStatusDecisionMakingOrg"]
    assert await recorded(intake) == [(1, ["prs_FirstName"], []), (2, decided, [])]
    case_id = bodies(await intake.said(), "case.opened.v1")[0]["case_id"]
    assert [sorted(one["fields"]) for one in (await history(intake, case_id))["items"]] == [
        ["prs_FirstName"],
        decided,
    ]


async def test_every_present_value_is_the_newest_revision_of_its_field(intake):
    case_id = await open_case(intake)
    await put(intake, case_id, 1, fields={"prs_Birthdate": "1990", "prs_MobilePhone": None}, reason=WHY)
    statement = """
        select f.field, f.value = (select r.value from intake.field_revisions r
            where r.case_id = f.case_id and r.field = f.field order by r.revision desc limit 1) as same
        from intake.fields f where f.source = 'own'
    """
    async with intake.service.database.engine.connect() as conn:
        rows = {row.field: row.same for row in await conn.execute(text(statement))}
    assert rows == dict.fromkeys(set(PERSON) - {"prs_MobilePhone"}, True)


async def test_a_key_stays_while_earlier_values_are_under_it(intake):
    """Everything was removed by hand: the revisions are hers all the same, and a recall destroys no key over them."""
    received = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(received)
    await put(intake, received.case_id, 1, fields={"cor_Health": "well"})
    await put(intake, received.case_id, 2, fields={"cor_Health": None}, reason=WHY)
    await intake.deliver(recall_of(received))
    await intake.work()
    assert bodies(await intake.said(), "disclosure.closed.v1")[0]["answer"] == "restricted"
    items = (await history(intake, received.case_id))["items"]
    assert [one["fields"] for one in items] == [{"cor_Health": "well"}, {"cor_Health": None}]


@pytest.mark.parametrize("table", ["intake.fields", "intake.field_revisions"])
def test_what_is_known_of_a_person_is_written_in_one_place(table):
    made = (
        rf"(insert_set|insert_missing|upsert_set|update_set|delete_set)\(\s*{table.split('.')[1].upper()}\b"
    )
    writes = re.compile(rf"(insert into|update|delete from) {table}\b|{made}")
    where = {
        path.name
        for path in Path("services/intake").rglob("*.py")
        if writes.search(path.read_text(encoding="utf-8"))
    }
    assert where - {"received.py"} == {"records.py"}  # received values are never changed, only closed


STANDING = {"cor_FullName": "Dara", "prs_Citizenship": ["KH"]}


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({"fields": {"cor_FullName": "Dara Sok"}}, True),
        ({"fields": {"cor_FullName": None}}, True),
        ({"fields": {"prs_Gender": "Feminine", "prs_Citizenship": ["KH", "TH"]}}, True),
        ({"flags": ["suicide_risk"]}, True),
        ({"fields": {"prs_Gender": "Feminine"}}, False),
        ({"fields": {"prs_Gender": None}}, False),
        ({"fields": {**STANDING, "prs_Gender": "Feminine"}}, False),
        ({"flags": ["recent_birth", "suicide_risk"]}, False),
    ],
)
async def test_a_reason_is_needed_where_something_on_record_is_replaced_or_removed_and_nowhere_else(
    intake, change, needed
):
    case_id = await open_case(intake, fields=STANDING, flags=["recent_birth"])
    url, headers = f"/v1/cases/{case_id}/fields", intake.as_("case_worker") | {"If-Match": '"1"'}
    answer = await intake.client.put(url, json=change, headers=headers)
    refused = [(error["loc"], error["code"]) for error in answer.json().get("errors", [])]
    assert refused == ([(["body", "reason"], "reason-needed")] if needed else [])
    said = await intake.client.put(url, json={**change, "reason": WHY}, headers=headers)
    assert said.status_code == (200 if needed else 412)
