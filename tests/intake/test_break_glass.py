"""Break-glass: the least of somebody else's case, in an emergency, for an hour, told at once and reviewed by others."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.casefile.fields import FIELDS
from services.intake.casefile.domain.glass import SHOWN, SHOWN_TO_TREAT, shown
from tests.authorisation.table import EMERGENCY
from tests.intake.making import AGENCY, SHELTER, bodies, disclosure, open_case
from tests.intake.test_custody import handed_over

HURRIED = {"org": SHELTER, "sub": "th.hurried"}
LEAST = {
    "cor_FullName": "Sokha",
    "prs_PrimaryLanguage": "km",
    "cor_Health": "insulin",
}
KEPT = {
    "prs_MobilePhone": "+66 81 234 5678",
    "prs_Birthdate": "1998",
    "vic_TypeOfExploitation": ["ForcedLabour"],
}


@pytest.fixture
async def case_id(intake) -> UUID:
    return await open_case(intake, fields={**LEAST, **KEPT}, flags=["late_pregnancy"])


async def broken(intake, case_id, role="case_worker", **changes):
    who = {**HURRIED, **changes.pop("who", {})}
    url, body = f"/v1/cases/{case_id}/break-glass", {**EMERGENCY, **changes}
    return await intake.client.post(url, json=body, headers=intake.as_(role, **who))


async def seen(intake, case_id, role="case_worker", **who):
    headers = intake.as_(role, **{**HURRIED, **who})
    return await intake.client.get(f"/v1/cases/{case_id}/emergency", headers=headers)


async def review(intake, glass_id, result, **who):
    headers = intake.as_("supervisor", **{"org": AGENCY, "sub": "th.reviewer", **who})
    url = f"/v1/break-glass/{glass_id}/review"
    return await intake.client.post(url, json={"result": result}, headers=headers)


async def listed(intake, reviewed="false", **who):
    headers = intake.as_("supervisor", **{"org": AGENCY, "sub": "th.reviewer", **who})
    answer = await intake.client.get(f"/v1/break-glass?reviewed={reviewed}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def arrange(intake, statement: str, **parameters) -> None:
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text(statement), parameters)


async def pass_by(intake, time: timedelta) -> None:
    """As if everything was broken so much earlier."""
    await arrange(intake, "update intake.broken_glass set at = at - cast(:t as interval)", t=time)


def test_what_is_shown_says_neither_where_she_is_nor_how_she_is_reached_nor_what_was_done_to_her():
    everything = {**SHOWN, **SHOWN_TO_TREAT}
    assert {FIELDS[name].category for name in everything} == {"identity", "demographic", "health"}
    assert "prs_Birthdate" not in everything
    assert all(everything.values())
    assert {kind: "cor_Health" in shown(kind) for kind in ("medical", "danger", "child-alone")} == {
        "medical": True,
        "danger": False,
        "child-alone": False,
    }


async def test_one_person_sees_the_least_for_an_hour_and_nobody_else_does(intake, case_id):
    answer = await broken(intake, case_id)
    assert answer.status_code == 201, answer.text
    view = await seen(intake, case_id)
    assert view.headers["cache-control"] == "no-store"
    assert (view.json()["fields"], view.json()["flags"]) == (LEAST, ["late_pregnancy"])
    others = [
        await seen(intake, case_id, sub="th.another"),
        await seen(intake, case_id, org="th-legal-aid"),
        await seen(intake, case_id, role="supervisor", sub="th.another"),
        await intake.client.get(f"/v1/cases/{case_id}/fields", headers=intake.as_("case_worker", **HURRIED)),
        await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("case_worker", **HURRIED)),
        await seen(intake, await open_case(intake)),
    ]
    assert {other.status_code for other in others} == {404}
    await pass_by(intake, timedelta(minutes=60))
    assert (await seen(intake, case_id)).status_code == 404


async def test_where_nobody_needs_treatment_her_health_is_not_shown(intake, case_id):
    await broken(intake, case_id, emergency="danger")
    assert set((await seen(intake, case_id)).json()["fields"]) == {"cor_FullName", "prs_PrimaryLanguage"}


async def test_whoever_has_the_case_is_told_at_once_and_every_look_is_on_record(intake, case_id):
    glass_id = (await broken(intake, case_id)).json()["id"]
    (told,) = bodies(await intake.said(), "glass.broken.v1")
    assert (told["case_id"], told["organisation"], told["glass_id"]) == (str(case_id), AGENCY, glass_id)
    await seen(intake, case_id)
    looks = [b for b in bodies(await intake.said(), "record.read.v1") if b["resource"] == "emergency"]
    assert [(b["case_id"], b["resource_id"], b["fields"]) for b in looks] == [
        (str(case_id), glass_id, sorted(LEAST))
    ]


async def test_the_reason_is_never_blank_and_stands_nowhere_in_clear(intake, case_id):
    for blank in ("", "  ", "\u200b"):
        assert (await broken(intake, case_id, reason=blank)).status_code == 422
    reason = "canary-reason-5521"
    await broken(intake, case_id, reason=reason)
    async with intake.service.database.engine.connect() as conn:
        rows = (await conn.execute(text("select g::text from intake.broken_glass g"))).scalars().all()
    assert len(rows) == 1
    assert not [row for row in rows if reason in row or "medical" in row]
    assert reason not in str(await intake.said())
    (item,) = await listed(intake)
    assert (item["reason"], item["emergency"], item["by"]) == (reason, "medical", HURRIED["sub"])


async def test_nothing_that_came_from_abroad_is_shown(intake):
    received = await disclosure(intake, {"cor_FullName": "from abroad", "cor_Health": "from abroad"})
    await intake.deliver(received)
    assert (await broken(intake, received.case_id)).status_code == 201
    view = (await seen(intake, received.case_id)).json()
    assert (view["fields"], view["flags"]) == ({}, [])


async def test_a_case_that_is_erased_or_that_does_not_exist_has_no_glass(intake, case_id):
    assert (await broken(intake, uuid4())).status_code == 404
    await broken(intake, case_id)
    await arrange(intake, "update intake.cases set state = 'erased' where id = :c", c=case_id)
    assert [(await broken(intake, case_id)).status_code, (await seen(intake, case_id)).status_code] == [
        404,
        404,
    ]


async def test_a_case_that_was_handed_over_is_opened_at_whoever_has_her_now(intake):
    assert (await broken(intake, await handed_over(intake))).status_code == 404


@pytest.mark.parametrize("role", ["screening_officer", "auditor", "operator", "visitor"])
async def test_whoever_does_not_care_for_people_breaks_no_glass(intake, case_id, role):
    assert (await broken(intake, case_id, role=role)).status_code == 404


async def test_an_enforcement_organisation_breaks_no_glass_whatever_role_it_gave_its_staff(intake, case_id):
    for change in ("type = 'LawEnforcement'", "type = 'NGO', status = 'defunct'"):
        await arrange(intake, f"update chassis.organisations set {change} where id = :o", o=SHELTER)
        assert (await broken(intake, case_id)).json()["code"] == "forbidden"
    assert await listed(intake) == []


async def test_unreviewed_for_72_hours_suspends_that_person_until_it_is_upheld(intake, case_id):
    glass_id = (await broken(intake, case_id)).json()["id"]
    other = await open_case(intake)
    await pass_by(intake, timedelta(hours=71, minutes=59))
    assert (await broken(intake, other)).status_code == 201
    await pass_by(intake, timedelta(minutes=1))
    refused = [await broken(intake, other), await seen(intake, other), await broken(intake, uuid4())]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "glass-suspended")] * 3
    assert (await broken(intake, other, who={"sub": "th.another"})).status_code == 201
    assert (await review(intake, glass_id, "upheld")).status_code == 200
    assert (await broken(intake, other)).status_code == 201


async def test_not_upheld_closes_it_at_once_and_suspends_until_somebody_corrects_it(intake, case_id):
    glass_id = (await broken(intake, case_id)).json()["id"]
    assert (await review(intake, glass_id, "not-upheld")).status_code == 200
    assert (await seen(intake, case_id)).status_code == 404
    assert (await broken(intake, case_id)).json()["code"] == "glass-suspended"
    assert (await review(intake, glass_id, "upheld")).status_code == 200
    assert (await seen(intake, case_id)).status_code == 200
    said = bodies(await intake.said(), "glass.reviewed.v1")
    assert [body["upheld"] for body in said] == [False, True]


async def test_only_a_supervisor_of_whoever_has_the_case_reviews_it_and_nobody_their_own(intake, case_id):
    glass_id = (await broken(intake, case_id)).json()["id"]
    assert (await review(intake, glass_id, "upheld", org=SHELTER)).status_code == 404
    assert await listed(intake, org=SHELTER) == []
    own = (await broken(intake, case_id, role="supervisor", who={"org": AGENCY, "sub": "th.own"})).json()[
        "id"
    ]
    answer = await review(intake, own, "upheld", sub="th.own")
    assert (answer.status_code, answer.json()["code"]) == (409, "second-person")
    assert {item["id"] for item in await listed(intake)} == {glass_id, own}
    assert (await review(intake, own, "upheld")).status_code == 200
    assert [item["id"] for item in await listed(intake)] == [glass_id]
    assert [item["review"] for item in await listed(intake, reviewed="true")] == ["upheld"]


async def test_a_case_that_was_handed_over_since_can_still_be_reviewed(intake, case_id):
    glass_id = (await broken(intake, case_id)).json()["id"]
    await arrange(intake, "update chassis.case_access set handed_over = true where case_id = :c", c=case_id)
    assert (await review(intake, glass_id, "upheld")).status_code == 200


async def test_the_same_command_twice_breaks_it_once(intake, case_id):
    headers = {**intake.as_("case_worker", **HURRIED), "Idempotency-Key": "glass-0001"}
    url = f"/v1/cases/{case_id}/break-glass"
    answers = [await intake.client.post(url, json=EMERGENCY, headers=headers) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await listed(intake)) == 1
