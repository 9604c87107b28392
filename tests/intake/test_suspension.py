"""A suspended organisation: nobody of it reads, and whatever cases it has come to the board of whoever was named."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.harness import Harness
from tests.intake.making import AGENCY, bodies, disclosure, open_case
from tests.intake.test_calls import Desk
from tests.intake.test_search import found
from tests.listing import directory_changed, staff_changed

TO = "th-shelter"
THEIRS = "th.other-supervisor"


def suspended(version: int = 9, **changes: Any) -> Any:
    to = {"cases_to": THEIRS, "cases_to_organisation": TO}
    return directory_changed(AGENCY, version, status="inactive", suspended=True, **{**to, **changes})


async def get(intake: Harness, path: str, **who: Any) -> Any:
    return await intake.client.get(path, headers=intake.as_("supervisor", **who))


async def board(intake: Harness, **who: Any) -> list[str]:
    return sorted(item["id"] for item in (await get(intake, "/v1/cases", **who)).json()["items"])


async def test_nobody_of_a_suspended_organisation_reads_and_it_does_not_wait_for_a_token_to_run_out(intake):
    case_id = await open_case(intake)
    headers = intake.as_("supervisor")
    asked = (f"/v1/cases/{case_id}", "/v1/cases", "/v1/team", "/v1/tasks", "/v1/codes", "/v1/drafts")
    before = [(await intake.client.get(path, headers=headers)).status_code for path in asked]
    await intake.deliver(suspended(cases_to=None, cases_to_organisation=None))
    after = [(await intake.client.get(path, headers=headers)).status_code for path in asked]
    assert (before, after) == ([200] * 6, [404, *[403] * 5])
    await intake.deliver(directory_changed(AGENCY, 10))
    assert (await intake.client.get(asked[0], headers=headers)).status_code == 200


async def test_a_role_that_was_taken_away_counts_no_more_in_any_service_that_heard_of_it(intake):
    case_id = await open_case(intake)
    await intake.deliver(staff_changed(AGENCY, {"th.supervisor": [], "th.worker": ["case_worker"]}))
    assert (await get(intake, f"/v1/cases/{case_id}")).status_code == 404
    worker = intake.as_("case_worker", sub="th.worker")
    assert (await intake.client.get(f"/v1/cases/{case_id}", headers=worker)).status_code == 200


async def test_one_person_moves_no_case_and_two_give_every_case_to_the_supervisor_they_named(intake):
    mine = sorted([str(await open_case(intake)), str(await open_case(intake, intake.as_("case_worker")))])
    task = {"case_id": mine[0], "kind": "call", "worker": None, "text": "Call her aunt"}
    answer = await intake.client.post("/v1/tasks", json=task, headers=intake.as_("supervisor"))
    assert answer.status_code == 201, answer.text
    await intake.deliver(suspended(cases_to=None, cases_to_organisation=None))
    await intake.work()
    assert await board(intake, org=TO, sub=THEIRS) == []
    await intake.deliver(suspended(10))
    await intake.work()
    assert await board(intake, org=TO, sub=THEIRS) == mine
    waiting = (await get(intake, "/v1/cases?waiting_for=worker", org=TO, sub=THEIRS)).json()["items"]
    assert sorted(item["id"] for item in waiting) == mine
    tasks = (await get(intake, "/v1/tasks", org=TO, sub=THEIRS)).json()["items"]
    assert [item["case_id"] for item in tasks] == [mine[0]]
    for case_id in mine:
        view = await get(intake, f"/v1/cases/{case_id}", org=TO, sub=THEIRS)
        assert (view.status_code, view.json()["workers"]) == (200, [THEIRS])
    said = [body for type_, body in await intake.said() if type_ == "case.assigned.v1"][-2:]
    assert {(one["case_id"], one["organisation"], *one["workers"]) for one in said} == {
        (case_id, TO, THEIRS) for case_id in mine
    }


async def test_what_ties_a_case_to_another_goes_with_both(intake):
    """A mother and her child are taken over: whoever has them now must not lose the one over the other."""
    officer, to = intake.as_("screening_officer"), intake.as_("supervisor", org=TO, sub=THEIRS)
    mother, other = await open_case(intake), await open_case(intake)
    child = {"relation": "child"}
    await intake.client.post(f"/v1/cases/{mother}/dependants", json=child, headers=officer)
    same = {"decision": "same-person", "reason": "own-word"}
    decided = f"/v1/cases/{mother}/duplicates/{other}/decision"
    assert (await intake.client.post(decided, json=same, headers=officer)).status_code == 200
    await intake.deliver(suspended())
    await intake.work()
    (link,) = (await intake.client.get(f"/v1/cases/{mother}/dependants", headers=to)).json()["items"]
    closing = (await intake.client.get(f"/v1/cases/{mother}/closing", headers=to)).json()
    pairs = await intake.client.get(f"/v1/cases/{mother}/duplicates?decision=same-person", headers=to)
    assert (link["relation"], "linked-case-open" in closing["blocked_by"]) == ("child", True)
    assert [one["id"] for one in pairs.json()["items"]] == [str(other)]


async def test_a_colleague_of_whoever_took_them_over_does_not_read_them(intake):
    case_id = await open_case(intake)
    await intake.deliver(suspended())
    await intake.work()
    worker = intake.as_("case_worker", TO, "th.other-worker")
    assert (await intake.client.get(f"/v1/cases/{case_id}", headers=worker)).status_code == 404


async def test_a_case_that_arrives_for_a_suspended_organisation_goes_on_too(intake):
    await intake.deliver(suspended())
    await intake.work()
    received = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(received)
    at = intake.service.database.clock() + timedelta(minutes=11)
    intake.service.database.clock = lambda: at
    await intake.work()
    assert await board(intake, org=TO, sub=THEIRS) == [str(received.case_id)]


async def test_whoever_was_restored_gets_new_cases_and_nothing_moves_any_more(intake):
    await intake.deliver(suspended())
    await intake.work()
    await intake.deliver(directory_changed(AGENCY, 10))
    case_id = str(await open_case(intake))
    at = intake.service.database.clock() + timedelta(minutes=30)
    intake.service.database.clock = lambda: at
    await intake.work()
    assert (await board(intake), await board(intake, org=TO, sub=THEIRS)) == ([case_id], [])


async def test_what_two_decided_of_an_earlier_suspension_moves_no_case_of_one_by_one_person(intake):
    await intake.deliver(suspended())
    await intake.work()
    await intake.deliver(directory_changed(AGENCY, 10))
    case_id = str(await open_case(intake))
    await intake.deliver(suspended(11, cases_to=None, cases_to_organisation=None))
    at = intake.service.database.clock() + timedelta(minutes=30)
    intake.service.database.clock = lambda: at
    await intake.work()
    assert await board(intake, org=TO, sub=THEIRS) == []
    legal = {"cases_to": "th.other-supervisor", "cases_to_organisation": "th-legal-aid"}
    await intake.deliver(suspended(12, **legal))
    await intake.work()
    assert await board(intake, org="th-legal-aid", sub=THEIRS) == [case_id]


async def test_a_case_that_was_handed_over_is_the_other_organisations_already(intake):
    case_id = await open_case(intake)
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(
            text("update intake.cases set state = 'handed_over' where id = :id"), {"id": case_id}
        )
    await intake.deliver(suspended())
    await intake.work()
    assert await board(intake, org=TO, sub=THEIRS) == []


async def test_the_number_of_a_suspended_organisation_is_not_told_to_whoever_takes_its_cases_over(intake):
    case_id = await open_case(intake, own_number="P-12/2569")
    await intake.deliver(suspended())
    await intake.work()
    fields = f"/v1/cases/{case_id}/fields"
    theirs = {"org": TO, "sub": THEIRS}
    known = (await get(intake, fields, **theirs)).json()
    history = (await get(intake, f"{fields}/history", **theirs)).json()["items"]
    (listed,) = (await get(intake, "/v1/cases", **theirs)).json()["items"]
    assert (known["case_id"], known["own_number"], listed["own_number"]) == (str(case_id), None, None)
    assert [row["own_number"] for row in history] == [None] * len(history)
    assert await found(intake, own_number="P-12/2569", org=TO) == []
    await intake.deliver(directory_changed(AGENCY, 10))
    assert await open_case(intake, own_number="P-12/2569")  # it is free again


async def test_a_call_of_a_case_goes_where_the_case_goes(intake):
    desk, case_id = Desk(intake), await open_case(intake)
    call = await desk.start(text="Pier 4")
    assert await desk.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"}) == 200
    await intake.deliver(suspended())
    await intake.work()
    there = Desk(intake, "supervisor", org=TO, sub=THEIRS)
    assert (await there.view(call))["text"] == "Pier 4"
    assert await there.listed(f"?case_id={case_id}") == [call.rpartition("/")[2]]


async def test_a_call_that_was_closed_goes_too_where_a_step_of_it_was_opened_again(intake):
    desk = Desk(intake)
    call = await desk.start(text="Pier 4", flags=["immediate_danger"])
    paths = [f"/v1/tasks/{one['id']}" for one in await desk.tasks(call)]
    for path in paths:
        assert (await desk.send("POST", f"{path}/complete")).status_code == 200
    assert await desk.move(call, "close", {"reason": "referred"}) == 200
    assert (await desk.send("POST", f"{paths[0]}/reopen")).status_code == 200
    await intake.deliver(suspended())
    await intake.work()
    there = Desk(intake, "supervisor", org=TO, sub=THEIRS)
    assert [(await there.view(call))["state"], len(await there.tasks(call, "&team=true"))] == ["closed", 1]


async def test_an_open_call_that_is_no_cases_and_its_tasks_are_those_of_whoever_takes_over_and_they_are_told(
    intake,
):
    desk = Desk(intake)
    call, ended = await desk.start(text="Pier 4", flags=["immediate_danger"]), await desk.start()
    assert await desk.move(ended, "close", {"reason": "information-given"}) == 200
    (first, *_) = await desk.tasks(call)
    given = {"kind": first["kind"], "worker": "th.officer"}
    assert (await desk.send("PUT", f"/v1/tasks/{first['id']}", given)).status_code == 200
    await intake.deliver(suspended())
    await intake.work()
    there = Desk(intake, "supervisor", org=TO, sub=THEIRS)
    assert (await there.view(call))["text"] == "Pier 4"
    assert await there.listed() == [call.rpartition("/")[2]]
    assert [one["worker"] for one in await there.tasks(call, "&team=true")] == [None, None]
    assert bodies(await intake.said(), "call.raised.v1")[-1]["organisation"] == TO
