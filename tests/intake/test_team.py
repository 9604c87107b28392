"""The team board: what each has, what is late, what nobody has; of the own organisation alone."""

from uuid import uuid4

from services.intake.casefile.domain import case
from tests.intake.making import AGENCY, bodies, open_case
from tests.intake.test_tasks import assign, in_hours, raised, set_clocks_back


async def board(intake, headers):
    answer = await intake.client.get("/v1/team", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        load["worker"]: (load["open_cases"], load["open_tasks"], load["overdue_tasks"])
        for load in answer.json()["items"]
    }


async def test_a_supervisor_sees_what_each_has_what_is_late_and_what_nobody_has(intake):
    supervisor = intake.as_("supervisor")
    theirs, nobodys = await open_case(intake), await open_case(intake)
    await assign(intake, theirs, "th.worker", "th.colleague")
    await raised(intake, supervisor, case_id=str(theirs), worker="th.worker", due_at=in_hours(2))
    await raised(intake, supervisor, case_id=str(nobodys))
    await set_clocks_back(intake, 3)
    found = await board(intake, supervisor)
    assert (found["th.worker"], found["th.colleague"], found["th.worker-7"], found[None]) == (
        (1, 1, 1),
        (1, 0, 0),
        (0, 0, 0),
        (1, 1, 0),
    )
    closed = await intake.client.post(
        f"/v1/cases/{nobodys}/close", json={"reason": "duplicate"}, headers=supervisor
    )
    assert closed.status_code == 409


async def give(intake, headers, *cases, **body):
    sent = {"case_ids": [str(one) for one in cases], "worker": "th.colleague", **body}
    answer = await intake.client.post("/v1/team/assign", json=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    return [one["result"] for one in answer.json()["items"]]


async def test_many_cases_are_given_to_a_colleague_at_once_with_an_answer_for_each_and_again_changes_nothing(
    intake,
):
    supervisor = intake.as_("supervisor")
    theirs, shared, closed, nobodys = [await open_case(intake) for _ in range(4)]
    await assign(intake, theirs, "th.worker")
    await assign(intake, shared, "th.worker", "th.case_worker")
    await intake.client.post(f"/v1/cases/{closed}/close", json={"reason": "duplicate"}, headers=supervisor)
    cases = (theirs, shared, closed, nobodys, uuid4())
    taken = {"instead_of": "th.worker"}
    assert await give(intake, supervisor, *cases, **taken) == [
        *("assigned", "assigned", "wrong-state", "not-theirs", "not-found")
    ]
    said = await intake.said()
    assert await give(intake, supervisor, *cases, **taken) == [
        *("unchanged", "unchanged", "wrong-state", "not-theirs", "not-found")
    ]
    assert len(bodies(await intake.said(), "case.assigned.v1")) == len(bodies(said, "case.assigned.v1"))
    assert await give(intake, supervisor, nobodys, theirs, theirs) == ["assigned", "unchanged"]
    workers = {
        one["id"]: one["workers"]
        for one in (await intake.client.get("/v1/cases", headers=supervisor)).json()["items"]
    }
    assert workers == {
        str(theirs): ["th.colleague"],
        str(shared): ["th.colleague", "th.case_worker"],
        str(nobodys): ["th.colleague"],
    }


async def test_a_case_that_was_given_has_its_reference_and_one_that_is_not_theirs_has_none(intake):
    case_id = await open_case(intake)
    sent = {"case_ids": [str(case_id)], "worker": "th.colleague"}
    (given,) = (
        await intake.client.post("/v1/team/assign", json=sent, headers=intake.as_("supervisor"))
    ).json()["items"]
    seen = await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("supervisor"))
    assert given["case_reference"] == seen.json()["reference"] is not None
    elsewhere = intake.as_("supervisor", org="th-shelter")
    refused = await intake.client.post("/v1/team/assign", json=sent, headers=elsewhere)
    assert refused.json()["items"] == [{"id": str(case_id), "case_reference": None, "result": "not-found"}]


async def test_cases_are_given_to_nobody_who_is_not_there_and_by_nobody_but_a_supervisor_of_theirs(intake):
    case_id = await open_case(intake)
    sent = {"case_ids": [str(case_id)], "worker": "th.gone"}
    refused = await intake.client.post("/v1/team/assign", json=sent, headers=intake.as_("supervisor"))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not-listed")
    worker = await intake.client.post("/v1/team/assign", json=sent, headers=intake.as_("case_worker"))
    assert worker.status_code == 403
    elsewhere = intake.as_("supervisor", org="th-shelter")
    assert await give(intake, elsewhere, case_id, uuid4()) == ["not-found", "not-found"]
    tried = bodies(await intake.said(), "attempt.refused.v1")
    assert [(one["case_id"], one["action"]) for one in tried] == [(str(case_id), "case.assign")]


async def test_a_case_has_no_more_workers_than_an_assignment_names_whoever_gives_it(intake, monkeypatch):
    monkeypatch.setattr(case, "MOST_WORKERS", 2)
    supervisor, full, other = intake.as_("supervisor"), await open_case(intake), await open_case(intake)
    await assign(intake, full, "th.worker", "th.worker-7")
    assert await give(intake, supervisor, full, other) == ["too-many", "assigned"]
    assert await give(intake, supervisor, full, instead_of="th.worker") == ["assigned"]
    three = {"organisation": AGENCY, "workers": ["th.worker", "th.worker-7", "th.colleague"]}
    path, headers = f"/v1/cases/{full}/assignment", supervisor | {"If-Match": "*"}
    refused = await intake.client.post(path, json=three, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too-many-workers")


async def test_another_organisation_and_a_worker_see_nothing_of_it(intake):
    await open_case(intake)
    elsewhere = await board(intake, intake.as_("supervisor", org="th-shelter"))
    assert set(elsewhere.values()) == {(0, 0, 0)}
    worker = await intake.client.get("/v1/team", headers=intake.as_("case_worker"))
    assert worker.status_code == 403


async def test_nobodys_place_is_taken_who_is_not_there_and_has_none_of_the_cases(intake):
    case_id = await open_case(intake)
    sent = {"case_ids": [str(case_id)], "worker": "th.colleague", "instead_of": "th.wroker"}
    refused = await intake.client.post("/v1/team/assign", json=sent, headers=intake.as_("supervisor"))
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["code"]) == (422, "not-listed")
    assert [one["workers"] for one in bodies(await intake.said(), "case.assigned.v1")] == [[]]
