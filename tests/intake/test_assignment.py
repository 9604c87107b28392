"""A case is given to somebody who is there, and always has somebody who can open it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.intake.making import AGENCY, disclosure, hand_over, open_case, sent
from tests.listing import directory_changed, staff_changed, staff_of


@pytest.mark.parametrize(
    ("body", "member", "code"),
    [
        ({"organisation": "th-care-agencyy", "workers": []}, "organisation", "other-organisation"),
        ({"organisation": "th-operations", "workers": []}, "organisation", "other-organisation"),
        ({"organisation": AGENCY, "workers": ["th.worker", "th.wroker"]}, "workers", "not-listed"),
        ({"organisation": AGENCY, "workers": ["th.operator"]}, "workers", "not-listed"),
    ],
)
async def test_a_case_is_assigned_to_nobody_who_is_not_there(intake, body, member, code):
    case_id = await open_case(intake)
    officer, path = intake.as_("screening_officer"), f"/v1/cases/{case_id}"
    answer = await intake.client.post(f"{path}/assignment", json=body, headers=officer | {"If-Match": "*"})
    refused = [(error["loc"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, refused) == (422, [(["body", member], code)])
    assert (await intake.client.get(path, headers=officer)).status_code == 200


async def alarms(intake):
    found = [body for type_, body in await intake.said() if type_ == "case.unattended.v1"]
    return [(body["case_id"], body["organisation"], body["reason"]) for body in found]


async def unattended(intake, role="supervisor", **who):
    headers = intake.as_(role, **who)
    answer = await intake.client.get("/v1/cases?unattended=true", headers=headers)
    return [item["id"] for item in answer.json()["items"]]


async def passes(intake, time):
    """What is due then is done; the clock stays there."""
    at = intake.service.database.clock() + time
    intake.service.database.clock = lambda: at
    await intake.work()


async def assign(intake, case_id, *workers, role="supervisor"):
    body = {"organisation": AGENCY, "workers": list(workers)}
    headers = intake.as_(role) | {"If-Match": "*"}
    answer = await intake.client.post(f"/v1/cases/{case_id}/assignment", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("urgency", "early", "late"),
    [
        ("immediate", timedelta(minutes=59), timedelta(minutes=2)),
        ("urgent", timedelta(hours=23), timedelta(hours=2)),
        ("routine", timedelta(days=4), timedelta(days=6)),
    ],
)
async def test_a_case_that_nobody_opens_in_the_time_of_its_urgency_raises_one_alarm(
    intake, urgency, early, late
):
    case_id = str(await open_case(intake, urgency=urgency))
    await assign(intake, case_id, "th.worker")
    await passes(intake, early)
    assert (await alarms(intake), await unattended(intake)) == ([], [])
    for _ in range(2):
        await passes(intake, late)
        assert await alarms(intake) == [(case_id, AGENCY, "not-opened")]
    assert await unattended(intake) == [case_id]


async def test_a_case_has_its_time_from_when_it_is_given_before_any_work_was_done(intake):
    case_id = str(await open_case(intake, urgency="immediate"))
    given = intake.service.database.clock()
    await assign(intake, case_id, "th.worker")
    answer = await intake.client.get("/v1/cases?late=false", headers=intake.as_("supervisor"))
    [due] = [datetime.fromisoformat(one["next_at"]) for one in answer.json()["items"]]
    assert given + timedelta(hours=1) <= due <= given + timedelta(hours=1, minutes=1)
    assert await intake.work() == 1  # whether its worker, who has it now, is on leave


async def test_whoever_has_the_case_and_opens_it_ends_the_waiting_and_nobody_else_does(intake):
    case_id = str(await open_case(intake))
    await assign(intake, case_id, "th.worker")
    for looking in (intake.as_("supervisor"), intake.as_("screening_officer")):
        assert (await intake.client.get(f"/v1/cases/{case_id}", headers=looking)).status_code == 200
    await passes(intake, timedelta(hours=30))
    assert await unattended(intake) == [case_id]
    worker = intake.as_("case_worker", sub="th.worker")
    assert (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=worker)).status_code == 200
    assert await unattended(intake) == []


async def test_a_case_that_is_opened_in_time_is_no_alarm_until_it_is_given_to_somebody_else(intake):
    case_id = str(await open_case(intake))
    await assign(intake, case_id, "th.worker")
    worker = intake.as_("case_worker", sub="th.worker")
    await intake.client.get(f"/v1/cases/{case_id}", headers=worker)
    await passes(intake, timedelta(hours=30))
    assert await alarms(intake) == []
    await assign(intake, case_id, "th.colleague")
    await passes(intake, timedelta(hours=30))
    assert await alarms(intake) == [(case_id, AGENCY, "not-opened")]


async def test_who_opens_the_case_of_a_walk_in_has_it_before_them(intake):
    case_id = await open_case(intake, intake.as_("case_worker"))
    await passes(intake, timedelta(days=30))
    assert (await alarms(intake), await unattended(intake)) == ([], [])
    assert case_id


async def test_an_urgent_flag_makes_the_wait_shorter(intake):
    case_id = str(await open_case(intake, urgency="routine"))
    await intake.work()
    officer = intake.as_("screening_officer")
    answer = await intake.client.put(
        f"/v1/cases/{case_id}/fields",
        json={"fields": {}, "flags": ["suicide_risk"]},
        headers={**officer, "If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text
    await passes(intake, timedelta(minutes=61))
    assert await alarms(intake) == [(case_id, AGENCY, "not-opened")]


async def test_a_case_that_came_from_abroad_and_that_nobody_opens_raises_an_alarm(intake):
    received = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(received)
    await passes(intake, timedelta(hours=25))
    assert await alarms(intake) == [(str(received.case_id), AGENCY, "not-opened")]


async def test_the_cases_of_who_leaves_raise_an_alarm_once_and_stand_on_the_supervisors_list(intake):
    hers, others = str(await open_case(intake)), str(await open_case(intake))
    await assign(intake, hers, "th.worker")
    await assign(intake, others, "th.worker", "th.colleague")
    for case_id, sub in ((hers, "th.worker"), (others, "th.colleague")):
        headers = intake.as_("case_worker", sub=sub)
        await intake.client.get(f"/v1/cases/{case_id}", headers=headers)
    left = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.worker"}
    for _ in range(2):
        await intake.deliver(staff_changed(AGENCY, left))
        await intake.work()
    assert await alarms(intake) == [(hers, AGENCY, "nobody-left")]
    assert await unattended(intake) == [hers]
    await assign(intake, hers, "th.colleague")
    assert await unattended(intake) == []


@pytest.mark.parametrize(
    "event",
    [
        directory_changed(AGENCY, 9, status="defunct"),
        staff_changed(AGENCY, {}),
        staff_changed(AGENCY, {"th.operator": ["operator"]}),
    ],
    ids=["closed", "nobody", "nobody who works on cases"],
)
async def test_the_cases_of_an_organisation_that_has_nobody_any_more_raise_an_alarm(intake, event):
    case_id = str(await open_case(intake))
    await intake.deliver(event)
    await intake.work()
    assert await alarms(intake) == [(case_id, AGENCY, "nobody-left")]


async def test_a_case_that_came_with_a_file_says_so_until_it_is_given_to_somebody(intake):
    file = str(uuid4())
    fields = {"prs_FirstName": "Sokha"}
    rows = [{"line": n, "key": f"{n:064}", "content": "b" * 64, "fields": fields} for n in (2, 3, 4)]
    assert (await hand_over(intake, UUID(file), sent(*rows))).status_code == 200
    said = [body for type_, body in await intake.said() if type_ == "case.assigned.v1"]
    assert [body["import_id"] for body in said] == [file] * 3
    given = said[0]["case_id"]
    await assign(intake, given, "th.worker")
    await passes(intake, timedelta(days=30))
    alarmed = {
        body["case_id"]: body["import_id"]
        for type_, body in await intake.said()
        if type_ == "case.unattended.v1"
    }
    assert alarmed == {body["case_id"]: None if body["case_id"] == given else file for body in said}
    assert len(await unattended(intake)) == 3


async def test_flags_say_whether_any_stands_for_whoever_cannot_open_them(intake):
    case_id = await open_case(intake, flags=["recent_birth"])
    cleared = await intake.client.put(
        f"/v1/cases/{case_id}/fields",
        json={"fields": {}, "flags": [], "reason": "The child is born."},
        headers={**intake.as_("screening_officer"), "If-Match": '"1"'},
    )
    assert cleared.status_code == 200, cleared.text
    said = [body for type_, body in await intake.said() if type_ == "flags.recorded.v1"]
    assert [body["raised"] for body in said] == [True, False]
