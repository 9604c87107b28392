"""Her age group over HTTP: said when a case opens, when it changes, when a person assesses it, and when she turns eighteen."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.clock import day_of
from services.intake.casefile.age import first_look
from tests.intake.making import bodies, disclosure, open_case, recall_of

ADULT = {"result": "adult", "basis": "document", "reasons": "her passport was seen"}


async def said(intake) -> list[tuple[str, str]]:
    return [(b["age_group"], b["basis"]) for b in bodies(await intake.said(), "age_group.known.v1")]


async def assess(intake, case_id: UUID, role: str = "supervisor", **changes) -> None:
    path, headers = f"/v1/cases/{case_id}/age-assessment", intake.as_(role)
    seen = {"If-Match": (await intake.client.get(path, headers=headers)).headers["etag"]}
    answer = await intake.client.post(path, json={**ADULT, **changes}, headers=headers | seen)
    assert answer.status_code == 201, answer.text


async def put(intake, case_id: UUID, **body) -> None:
    path, headers = f"/v1/cases/{case_id}", intake.as_("case_worker")
    seen = (await intake.client.get(path, headers=headers)).headers["etag"]
    answer = await intake.client.put(
        f"{path}/fields", json={"reason": "As she says now.", **body}, headers={**headers, "If-Match": seen}
    )
    assert answer.status_code == 200, answer.text


async def look(intake) -> None:
    """The daily look, now."""
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        tx.say(first_look(tx))
    await intake.work(hasten=True)


@pytest.mark.parametrize(
    ("fields", "flags", "known"),
    [
        ({}, [], ("child", "unknown")),
        ({"prs_Birthdate": "1998-05~"}, [], ("adult", "estimate")),
        ({"prs_Birthdate": "1990-02-03"}, [], ("adult", "birth_date")),
        ({"prs_Birthdate": "2018-05-01"}, [], ("child", "birth_date")),
        ({"prs_Birthdate": "1990-02-03"}, ["unaccompanied_child"], ("child", "flag")),
    ],
)
async def test_opening_a_case_says_whether_she_counts_as_a_child(intake, fields, flags, known):
    await open_case(intake, fields=fields, flags=flags)
    assert await said(intake) == [known]


async def test_a_change_of_the_record_says_it_again_only_where_it_changes_something(intake):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1990"})
    await put(intake, case_id, fields={"cor_FullName": "Dara"})
    await put(intake, case_id, fields={"prs_Birthdate": "1991"})
    await put(intake, case_id, flags=["unaccompanied_child"])
    assert await said(intake) == [("adult", "estimate"), ("child", "flag")]


async def test_a_worker_in_a_hurry_makes_no_adult_of_a_child_by_writing_another_date(intake):
    case_id = await open_case(intake, fields={"prs_Birthdate": "2012-03-04"})
    await put(intake, case_id, fields={"prs_Birthdate": "1990-03-04"})
    await look(intake)
    assert await said(intake) == [("child", "birth_date")]
    view = await intake.client.get(f"/v1/cases/{case_id}/age-assessment", headers=intake.as_("case_worker"))
    assert (view.json()["age_group"], view.json()["to_assess"]) == ("child", True)


async def test_an_assessment_names_who_made_it_and_on_what_it_rests_and_every_one_stays(intake):
    case_id = await open_case(intake, fields={})
    await assess(intake, case_id, result="child", basis="own-statement", reasons="she says fifteen")
    await assess(intake, case_id)
    assert await said(intake) == [("child", "unknown"), ("child", "assessment"), ("adult", "assessment")]
    view = await intake.client.get(f"/v1/cases/{case_id}/age-assessment", headers=intake.as_("case_worker"))
    shown = [(a["result"], a["basis"], a["reasons"], a["by"]) for a in view.json()["assessments"]]
    assert shown == [
        ("child", "own-statement", "she says fifteen", "th.supervisor"),
        ("adult", "document", "her passport was seen", "th.supervisor"),
    ]
    async with intake.service.database.engine.connect() as conn:
        kept = (await conn.execute(text("select reasons from intake.age_assessments"))).scalars().all()
    assert all(value.startswith("v1.") for value in kept)


async def test_the_worker_who_asks_for_consent_does_not_assess_the_age(intake):
    case_id = await open_case(intake, fields={})
    headers = intake.as_("case_worker") | {"If-Match": "*"}
    answer = await intake.client.post(f"/v1/cases/{case_id}/age-assessment", json=ADULT, headers=headers)
    assert answer.status_code == 404
    assert await said(intake) == [("child", "unknown")]


@pytest.mark.parametrize("change", [{"result": "old"}, {"basis": "guess"}, {"reasons": ""}])
async def test_an_assessment_has_a_result_a_basis_and_reasons(intake, change):
    case_id = await open_case(intake, fields={})
    path, headers = f"/v1/cases/{case_id}/age-assessment", intake.as_("supervisor") | {"If-Match": "*"}
    answer = await intake.client.post(path, json={**ADULT, **change}, headers=headers)
    assert answer.status_code == 422


async def test_on_her_eighteenth_birthday_it_is_said_again_on_the_day_of_the_place(intake):
    today = day_of(datetime.now(UTC), intake.service.settings.zone)
    born = date(today.year - 18, today.month, min(today.day, 28))
    waiting = await open_case(intake, fields={"prs_Birthdate": str(born + timedelta(days=8))})
    case_id = await open_case(intake, fields={"prs_Birthdate": str(born + timedelta(days=4))})
    await look(intake)
    assert await said(intake) == [("child", "birth_date")] * 2
    intake.service.clock = lambda: datetime.now(UTC) + timedelta(days=4)
    await look(intake)
    adults = bodies(await intake.said(), "age_group.known.v1")[2:]
    assert adults == [{"case_id": str(case_id), "age_group": "adult", "basis": "birth_date"}]
    assert str(waiting) != str(case_id)


async def test_fourteen_days_before_it_is_told_that_she_comes_of_age_soon_and_no_day_is_said(intake):
    soon = day_of(datetime.now(UTC), intake.service.settings.zone) + timedelta(days=14)
    born = date(soon.year - 18, soon.month, soon.day)
    case_id = await open_case(intake, fields={"prs_Birthdate": str(born)})
    await open_case(intake, fields={"prs_Birthdate": str(born + timedelta(days=4))})
    await look(intake)
    assert bodies(await intake.said(), "age_group.changing.v1") == [{"case_id": str(case_id)}]


async def test_no_birthday_waits_anywhere_in_clear(intake):
    await open_case(intake, fields={"prs_Birthdate": "2012-03-04"})
    await look(intake)
    async with intake.service.database.engine.connect() as conn:
        dues = (await conn.execute(text("select due_at from chassis.work"))).scalars().all()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert dues
    assert [due for due in dues if due >= tomorrow] == []


@pytest.mark.parametrize(
    ("born", "known"), [("1990", ("adult", "estimate")), ("2015", ("child", "estimate"))]
)
async def test_what_came_from_elsewhere_tells_her_age_and_nothing_is_said_of_it_until_it_is_opened(
    intake, born, known
):
    """Her new holder is answered "not yet heard" meanwhile, and not that a child does not consent alone."""
    await intake.deliver(await disclosure(intake, {"prs_Birthdate": born}))
    assert await said(intake) == []
    await intake.work()
    assert await said(intake) == [known]


async def test_what_came_without_a_date_of_birth_is_known_to_be_unknown(intake):
    await intake.deliver(await disclosure(intake, {"cor_FullName": "Dara"}))
    assert await said(intake) == [("child", "unknown")]


async def test_a_partners_date_does_not_outweigh_what_was_recorded_here(intake):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1990"})
    await intake.deliver(await disclosure(intake, {"prs_Birthdate": "2015"}, case_id=case_id, first=False))
    await intake.work()
    assert await said(intake) == [("adult", "estimate")]


async def test_what_was_recalled_before_it_was_opened_tells_nothing_but_that_her_age_is_unknown(intake):
    received = await disclosure(intake, {"prs_Birthdate": "1990", "cor_FullName": "Dara"})
    await intake.deliver(received)
    await intake.deliver(recall_of(received))
    await intake.work()
    assert set(await said(intake)) <= {("child", "unknown")}


async def test_of_whoever_was_erased_and_is_referred_again_the_age_is_unknown_until_it_is_known(intake):
    """Else consent, which waits to hear of it, would answer that it has not heard yet for ever."""
    born = await disclosure(intake, {"prs_Birthdate": "1990"})
    await intake.deliver(born)
    await intake.work()
    await intake.deliver(recall_of(born))
    await intake.work()
    assert (await said(intake))[-1] == ("adult", "estimate")
    again = await disclosure(intake, {"cor_FullName": "Dara"}, case_id=born.case_id, first=False)
    await intake.deliver(again)
    await intake.work()
    assert (await said(intake))[-1] == ("child", "unknown")
