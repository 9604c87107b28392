"""Whoever owns a field writes it, by one route: what a person decides or assesses is written by no other, and removed by none."""

from collections.abc import Sequence

import pytest

from contracts.casefile.fields import FIELDS, NEEDS, STATUS, STATUS_BY, Field
from contracts.casefile.urgent import URGENT_FIELDS
from contracts.codes import codes
from tests.intake.making import bodies, open_case

DECISION = {
    "status": "PossibleVictimOfTrafficking",
    "deciding_organisation": "NGO",
    "reasons": "As she says.",
}
ASSESSMENT = {"urgency": "urgent", "needs": ["shelter"]}
DECIDED = {STATUS, STATUS_BY, NEEDS, *URGENT_FIELDS}


def sample(field: Field) -> str | list[str]:
    match field.kind:
        case "code" | "needs":
            value = next(iter(codes(field.codelist or field.name)))
        case "number":
            value = str(field.between[0]) if field.between else "0"
        case "date":
            value = "1998"
        case _:
            value = "x"
    return [value] if field.multiple else value


async def ask(intake, method: str, path: str, body: object):
    headers = intake.as_("supervisor") | {"If-Match": "*"}
    return await intake.client.request(method, path, json=body, headers=headers)


async def recorded(intake) -> list[set[str]]:
    return [set(body["fields"]) for body in bodies(await intake.said(), "fields.recorded.v1")]


async def refused(intake, case_id, values: dict[str, object]) -> dict[str, str]:
    """Field → why."""
    answer = await ask(intake, "PUT", f"/v1/cases/{case_id}/fields", {"fields": values})
    assert answer.status_code == 422, answer.text
    return {error["loc"][-1]: error["code"] for error in answer.json()["errors"]}


async def test_every_field_is_written_by_one_route_of_the_service_that_owns_it(intake):
    """With a second owner, its fields are none of intake's: this fails until intake refuses them."""
    case_id = await open_case(intake, fields={})
    values = {name: sample(field) for name, field in FIELDS.items()}
    assert await refused(intake, case_id, values) == dict.fromkeys(DECIDED, "decided-elsewhere")
    asked: Sequence[tuple[str, str, object]] = [
        ("PUT", "fields", {"fields": {name: values[name] for name in values.keys() - DECIDED}}),
        ("PUT", "fields", {"flags": ["late_pregnancy"]}),
        ("POST", "status", DECISION),
        ("POST", "needs", ASSESSMENT),
    ]
    for method, part, body in asked:
        answer = await ask(intake, method, f"/v1/cases/{case_id}/{part}", body)
        assert answer.status_code in {200, 201}, answer.text
    written = await recorded(intake)
    assert written == [FIELDS.keys() - DECIDED, URGENT_FIELDS, {STATUS, STATUS_BY}, {NEEDS}]
    owned = {name for name, field in FIELDS.items() if field.owner == intake.service.name}
    assert set().union(*written) == owned


@pytest.mark.parametrize("name", sorted(DECIDED - {NEEDS}))
async def test_what_was_decided_or_flagged_is_not_removed_as_a_field_either(intake, name):
    case_id = await open_case(intake, flags=["late_pregnancy"])
    await ask(intake, "POST", f"/v1/cases/{case_id}/status", DECISION)
    before = await intake.said()
    assert await refused(intake, case_id, {name: None}) == {name: "decided-elsewhere"}
    assert await intake.said() == before


async def test_that_no_need_is_left_is_said_by_removing_the_field(intake):
    case_id = await open_case(intake, fields={})
    await ask(intake, "POST", f"/v1/cases/{case_id}/needs", ASSESSMENT)
    answer = await ask(
        intake, "PUT", f"/v1/cases/{case_id}/fields", {"fields": {NEEDS: None}, "reason": "All is done."}
    )
    assert answer.status_code == 200, answer.text
    assert bodies(await intake.said(), "fields.recorded.v1")[-1]["removed"] == [NEEDS]


@pytest.mark.parametrize("name", ["Sokha", "Sokha Chan", "cor_Nothing"])
async def test_what_is_no_field_is_not_removed_and_nobody_hears_its_name(intake, name):
    case_id = await open_case(intake)
    before = await intake.said()
    assert await refused(intake, case_id, {name: None}) == {"*": "unknown-field"}
    assert await intake.said() == before
