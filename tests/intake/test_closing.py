"""A case is closed with a reason and resumed; what somebody waits for blocks it, and what protects her goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.intake.making import AGENCY, acceptance_of, bodies, completion_of, disclosure, open_case, recall_of
from tests.intake.test_assignment import alarms, assign, passes
from tests.intake.test_custody import a_move
from tests.intake.test_notes import ANY, WORDS, write
from tests.intake.test_tasks import move, raised, steps
from tests.listing import staff_changed, staff_of

NOTE = "She went home to her aunt in Battambang"
DONE = {"reason": "assistance-completed", "note": NOTE}


async def close(intake, case_id, headers, **body):
    return await intake.client.post(f"/v1/cases/{case_id}/close", json=body or DONE, headers=headers)


async def resume(intake, case_id, headers):
    body = {"reason": "contact-again"}
    return await intake.client.post(f"/v1/cases/{case_id}/resume", json=body, headers=headers)


async def closing(intake, case_id, headers):
    answer = await intake.client.get(f"/v1/cases/{case_id}/closing", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(intake, headers, query=""):
    return [
        one["id"] for one in (await intake.client.get(f"/v1/cases{query}", headers=headers)).json()["items"]
    ]


async def test_a_closed_case_leaves_the_worklist_is_still_read_and_says_why_to_who_may_read_it(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    assert (await close(intake, case_id, worker)).status_code == 200
    assert await listed(intake, worker) == []
    assert await listed(intake, worker, "?state=closed") == [str(case_id)]
    assert (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=worker)).status_code == 200
    view = await closing(intake, case_id, worker)
    assert (view["state"], view["closed"]["reason"], view["closed"]["note"], view["closed"]["by"]) == (
        "closed",
        "assistance-completed",
        NOTE,
        "th.case_worker",
    )
    async with intake.service.database.engine.connect() as conn:
        stored = str(list((await conn.execute(text("select c::text from intake.closings c"))).scalars()))
    said = await intake.said()
    assert bodies(said, "case.closed.v1") == [{"case_id": str(case_id)}]
    assert [word for word in ("Battambang", "assistance-completed") if word in stored + str(said)] == []


async def test_a_closed_case_takes_no_note_task_or_field_until_it_is_resumed(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await close(intake, case_id, worker)
    path = f"/v1/cases/{case_id}"
    tried = [
        await intake.client.post(f"{path}/notes", json={"category": "call", "text": "x"}, headers=worker),
        await intake.client.post("/v1/tasks", json={"kind": "call", "case_id": str(case_id)}, headers=worker),
        await intake.client.put(f"{path}/fields", json={"flags": []}, headers={**worker, **ANY}),
        await close(intake, case_id, worker),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in tried] == [(409, "wrong-state")] * 4
    assert (await resume(intake, case_id, worker)).status_code == 200
    assert await listed(intake, worker) == [str(case_id)]
    await write(intake, case_id, worker)
    view = await closing(intake, case_id, worker)
    assert (view["state"], view["resumed"]["reason"]) == ("open", "contact-again")
    assert (await resume(intake, case_id, worker)).status_code == 409


async def test_a_case_that_is_resumed_again_under_its_key_is_answered_as_the_first_time(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await close(intake, case_id, worker)
    answers = [await resume(intake, case_id, {**worker, "Idempotency-Key": "resumed-once"}) for _ in range(2)]
    assert [(answer.status_code, answer.json()["id"]) for answer in answers] == [(200, str(case_id))] * 2


async def test_what_protects_her_goes_on_in_a_closed_case(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    note_id = await write(intake, case_id, worker)
    await close(intake, case_id, worker)
    held = await intake.client.post(f"/v1/cases/{case_id}/holds", json={}, headers=worker)
    struck = await intake.client.post(
        f"/v1/cases/{case_id}/notes/{note_id}/strike", json={"reason": "not hers"}, headers=worker
    )
    assert [held.status_code, struck.status_code] == [201, 200]


async def test_what_somebody_waits_for_blocks_it_by_its_code_and_the_view_says_so_before(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    task_id = await raised(intake, worker, case_id=str(case_id), text=WORDS)
    await intake.deliver(a_move(case_id, "requested"))
    glass = {"emergency": "medical", "reason": "She lies in our emergency room"}
    elsewhere = intake.as_("case_worker", org="th-shelter", sub="th.other-worker")
    await intake.client.post(f"/v1/cases/{case_id}/break-glass", json=glass, headers=elsewhere)
    wanted = ["tasks-open", "transfer-offered", "glass-unreviewed"]
    view = await closing(intake, case_id, worker)
    (offered,) = view["moves"]
    assert (offered["verb"], offered["blocked_by"], view["blocked_by"]) == ("close_case", wanted, wanted)
    answer = await close(intake, case_id, worker)
    assert (answer.status_code, answer.json()["code"], answer.json()["blocks"]) == (
        409,
        "closing-blocked",
        wanted,
    )
    await move(intake, task_id, "complete", worker)
    assert "tasks-open" not in (await closing(intake, case_id, worker))["blocked_by"]


async def test_a_request_that_came_and_has_no_answer_blocks_it(intake):
    sent, worker = await disclosure(intake, {"cor_FullName": "Dara"}), intake.as_("case_worker")
    await intake.deliver(sent)
    assert (await close(intake, sent.case_id, worker)).json()["blocks"] == ["request-unanswered"]
    await intake.deliver(acceptance_of(sent))
    assert (await close(intake, sent.case_id, worker)).json()["blocks"] == ["referral-under-way"]
    await intake.deliver(completion_of(sent))
    assert (await close(intake, sent.case_id, worker)).status_code == 200


@pytest.mark.parametrize("arrives", ["another disclosure", "a recall"])
async def test_what_arrives_for_a_closed_case_is_not_lost(intake, arrives):
    sent, worker = await disclosure(intake, {"cor_FullName": "Dara"}), intake.as_("case_worker")
    await intake.deliver(sent)
    await intake.deliver(acceptance_of(sent))
    await intake.deliver(completion_of(sent))
    await close(intake, sent.case_id, worker)
    if arrives == "a recall":
        await intake.deliver(recall_of(sent))
        await intake.work()
        assert (await closing(intake, sent.case_id, worker))["state"] == "closed"
        assert [b["answer"] for b in bodies(await intake.said(), "disclosure.closed.v1")] == ["restricted"]
        return
    urgent = {"cor_UrgentHealth": '["medical_emergency"]'}
    more = await disclosure(intake, urgent, case_id=sent.case_id, person_id=sent.person_id, first=False)
    await intake.deliver(more)
    await intake.work()
    await intake.work()
    assert bodies(await intake.said(), "case.resumed.v1") == [{"case_id": str(sent.case_id)}]
    assert await listed(intake, worker) == [str(sent.case_id)]
    tasks = await intake.client.get(f"/v1/tasks?case_id={sent.case_id}", headers=worker)
    assert "get-medical-help" in {task["step"] for task in tasks.json()["items"]}


async def accepted_case(intake):
    """A case that came from elsewhere, was accepted, and is th.worker's, who has opened it."""
    sent = await disclosure(intake, {"cor_FullName": "Dara"})
    await intake.deliver(sent)
    await intake.deliver(acceptance_of(sent))
    await intake.deliver(completion_of(sent))
    await assign(intake, sent.case_id, "th.worker")
    opened = await intake.client.get(
        f"/v1/cases/{sent.case_id}", headers=intake.as_("case_worker", sub="th.worker")
    )
    assert opened.status_code == 200
    return sent


async def comes_back(intake, sent, how):
    if how == "by hand":
        assert (await resume(intake, sent.case_id, intake.as_("supervisor"))).status_code == 200
        return
    ids = {"case_id": sent.case_id, "person_id": sent.person_id}
    await intake.deliver(await disclosure(intake, {"cor_FullName": "Dara S"}, **ids, first=False))


BACK = pytest.mark.parametrize("how", ["by hand", "by what arrives"])


@BACK
async def test_a_resumed_case_is_to_be_opened_in_the_time_of_its_urgency(intake, how):
    sent = await accepted_case(intake)
    await close(intake, sent.case_id, intake.as_("supervisor"))
    await passes(intake, timedelta(days=9))
    assert await alarms(intake) == []
    await comes_back(intake, sent, how)
    await passes(intake, timedelta(days=9))
    assert await alarms(intake) == [(str(sent.case_id), AGENCY, "not-opened")]


@BACK
async def test_a_resumed_case_whose_worker_left_meanwhile_raises_the_alarm_at_once(intake, how):
    sent = await accepted_case(intake)
    await close(intake, sent.case_id, intake.as_("supervisor"))
    left = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.worker"}
    await intake.deliver(staff_changed(AGENCY, left))
    await intake.work()
    assert await alarms(intake) == []
    await comes_back(intake, sent, how)
    await intake.work()
    await intake.work()
    assert await alarms(intake) == [(str(sent.case_id), AGENCY, "nobody-left")]


@BACK
async def test_a_flag_that_was_recorded_right_before_a_closing_has_its_tasks_when_the_case_is_resumed(
    intake, how
):
    sent, worker = await accepted_case(intake), intake.as_("supervisor")
    fields = {"flags": ["suicide_risk"]}
    officer = {**intake.as_("screening_officer"), **ANY}
    await intake.client.put(f"/v1/cases/{sent.case_id}/fields", json=fields, headers=officer)
    assert (await close(intake, sent.case_id, worker)).status_code == 200
    await intake.work()
    await comes_back(intake, sent, how)
    await intake.work()
    assert "stay-with-the-person" in await steps(intake, sent.case_id, worker)


async def test_who_resumes_their_own_case_has_it_before_them(intake):
    sent, worker = await accepted_case(intake), intake.as_("case_worker", sub="th.worker")
    await close(intake, sent.case_id, worker)
    assert (await resume(intake, sent.case_id, worker)).status_code == 200
    await passes(intake, timedelta(days=9))
    assert await alarms(intake) == []


async def test_a_case_that_was_handed_over_and_comes_back_is_to_be_opened_in_time(intake):
    sent = await accepted_case(intake)
    await intake.deliver(a_move(sent.case_id, "accepted"))
    await comes_back(intake, sent, "by what arrives")
    await passes(intake, timedelta(days=9))
    assert await alarms(intake) == [(str(sent.case_id), AGENCY, "not-opened")]


async def test_a_transfer_that_is_accepted_after_all_hands_a_closed_case_over(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await close(intake, case_id, worker)
    await intake.deliver(a_move(case_id, "requested"))
    await intake.deliver(a_move(case_id, "accepted"))
    assert len(bodies(await intake.said(), "case.transferred.v1")) == 1
    assert (await intake.client.get(f"/v1/cases/{case_id}", headers=worker)).status_code == 404
