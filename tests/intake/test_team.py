"""The team board: what each has, what is late, what nobody has; of the own organisation alone."""

from tests.intake.making import open_case
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


async def test_another_organisation_and_a_worker_see_nothing_of_it(intake):
    await open_case(intake)
    elsewhere = await board(intake, intake.as_("supervisor", org="th-shelter"))
    assert set(elsewhere.values()) == {(0, 0, 0)}
    worker = await intake.client.get("/v1/team", headers=intake.as_("case_worker"))
    assert worker.status_code == 403
