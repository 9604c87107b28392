"""Urgent flags travel as a field does, and act where she is now."""

import json
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.casefile.fields import to_text
from contracts.casefile.urgent import FLAGS, as_fields, flags_in
from services.intake.casefile.domain.field_classes import FLAGS_CLASS
from tests.intake.making import bodies, disclosure, open_case, recall_of
from tests.intake.test_api_ages import put, said
from tests.intake.test_api_fields import authorisation
from tests.intake.test_api_fields import disclosable as asked_for

URGENT = ["cor_UrgentHealth", "cor_UrgentProtection"]


async def disclosable(intake, case_id, names) -> dict[str, list[str]]:
    """What exchange is given for a disclosure of these."""
    event = authorisation(case_id, tuple(names))
    await intake.deliver(event)
    return (await asked_for(intake, case_id, event.disclosure_id, *names))[1]


def test_what_the_fields_say_of_flags_is_what_was_flagged_and_each_has_its_place():
    for flag in FLAGS:
        fields = as_fields([flag])
        assert flags_in(fields) == {flag}
        assert sorted(fields) == URGENT
    assert as_fields([]) == {"cor_UrgentProtection": ("none",), "cor_UrgentHealth": ("none",)}


async def test_whoever_is_handed_her_learns_what_is_urgent_by_the_fields_that_may_go(intake):
    case_id = await open_case(intake, flags=["late_pregnancy", "immediate_danger"])
    sent = await disclosable(intake, case_id, URGENT)
    assert sent == {"cor_UrgentHealth": ["late_pregnancy"], "cor_UrgentProtection": ["immediate_danger"]}
    assert await disclosable(intake, case_id, ["cor_UrgentProtection"]) == {
        "cor_UrgentProtection": ["immediate_danger"]
    }


async def test_a_flag_that_changes_is_a_field_that_changes_and_its_name_tells_nothing(intake):
    """Both are named, whichever it is, so that recipients are told anew and an onlooker learns no more than before."""
    case_id = await open_case(intake)
    await put(intake, case_id, flags=["recent_birth"])
    await put(intake, case_id, flags=[])
    recorded = [b["fields"] for b in bodies(await intake.said(), "fields.recorded.v1")]
    assert [sorted(names) for names in recorded[-2:]] == [URGENT, URGENT]
    assert await disclosable(intake, case_id, URGENT) == {
        "cor_UrgentHealth": ["none"],
        "cor_UrgentProtection": ["none"],
    }


@pytest.mark.parametrize("name", URGENT)
async def test_a_flag_is_recorded_as_a_flag_and_by_no_other_way(intake, name):
    case_id = await open_case(intake)
    headers = intake.as_("case_worker") | {"If-Match": "*"}
    path = f"/v1/cases/{case_id}/fields"
    answer = await intake.client.put(path, json={"fields": {name: ["none"]}}, headers=headers)
    assert [e["code"] for e in answer.json()["errors"]] == ["decided-elsewhere"]


async def flags_said(intake) -> list[tuple[bool, list[str]]]:
    """As a service hears them that may open what is sealed."""
    found = []
    for body in bodies(await intake.said(), "flags.recorded.v1"):
        async with intake.service.database.engine.connect() as conn:
            statement = text("select person_id from intake.cases where id = :id")
            person_id = (await conn.execute(statement, {"id": body["case_id"]})).scalar_one()
        opened = await intake.service.vault.open_many(
            [(person_id, FLAGS_CLASS, UUID(body["case_id"]), body["flags"])]
        )
        found.append((body["raised"], json.loads(opened[0])))
    return found


def came(*flags: str) -> dict[str, str]:
    return {name: to_text(values) for name, values in as_fields(flags).items()}


async def test_flags_that_came_with_her_act_where_she_is_now(intake):
    received = await disclosure(intake, came("late_pregnancy", "separated_child"), urgency="routine")
    await intake.deliver(received)
    await intake.work()
    assert await flags_said(intake) == [(True, ["late_pregnancy", "separated_child"])]
    path = f"/v1/cases/{received.case_id}"
    assert (await intake.client.get(path, headers=intake.as_("case_worker"))).json()["urgency"] == "immediate"


async def test_what_was_flagged_here_goes_before_what_came_with_her(intake):
    case_id = await open_case(intake, flags=["suicide_risk"])
    async with intake.service.database.engine.connect() as conn:
        found = await conn.execute(text("select person_id from intake.cases where id = :id"), {"id": case_id})
    hers = found.scalar_one()
    received = await disclosure(intake, came("late_pregnancy"), case_id=case_id, person_id=hers, first=False)
    await intake.deliver(received)
    await intake.work()
    assert await flags_said(intake) == [(True, ["suicide_risk"])]


async def test_flags_that_were_recalled_before_they_were_opened_act_nowhere(intake):
    received = await disclosure(intake, {**came("late_pregnancy"), "cor_FullName": "Dara"})
    await intake.deliver(received)
    await intake.deliver(recall_of(received))
    await intake.work()
    assert await flags_said(intake) == []


async def test_a_child_that_is_flagged_as_one_does_not_become_an_adult_by_a_hand_over(intake):
    """Whoever keeps her has given her a passport of an adult."""
    received = await disclosure(intake, {**came("unaccompanied_child"), "prs_Birthdate": "1990-02-03"})
    await intake.deliver(received)
    await intake.work()
    assert set(await said(intake)) == {("child", "flag")}


async def added_said(intake) -> list[tuple[bool, bool]]:
    return [(b["raised"], b["added"]) for b in bodies(await intake.said(), "flags.recorded.v1")]


async def test_a_flag_that_is_taken_away_adds_nothing_urgent_and_one_that_comes_does(intake):
    case_id = await open_case(intake, flags=["recent_birth", "suicide_risk"])
    for flags in (["suicide_risk"], ["suicide_risk", "immediate_danger"], []):
        await put(intake, case_id, flags=flags)
    assert await added_said(intake) == [(True, True), (True, False), (True, True), (False, False)]


async def test_flags_that_come_again_because_something_else_was_corrected_are_not_said_again(intake):
    first = await disclosure(intake, came("late_pregnancy", "suicide_risk"))
    again = {"case_id": first.case_id, "person_id": first.person_id, "referral_id": first.referral_id}
    await intake.deliver(first)
    await intake.work()
    for flags in (("late_pregnancy", "suicide_risk"), ("late_pregnancy",)):
        await intake.deliver(await disclosure(intake, came(*flags), first=False, **again))
        await intake.deliver(recall_of(first))
        await intake.work()
    assert await added_said(intake) == [(True, True)]
