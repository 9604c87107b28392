"""Tasks: of a case and of the team, raised by persons and by urgent flags, reminded of, and never silently gone."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from chassis.outbox import DueWork
from chassis.vault.vault import KeyDestroyed
from contracts.casefile.urgent import FLAGS
from services.intake.casefile.domain.case import Case, CommandRefused, WrongMove
from services.intake.casework.domain import facts
from services.intake.casework.domain.flag_tasks import AT_ONCE, SOON, STEPS, steps_of
from services.intake.casework.domain.tasks import MOVES, Task, TaskPlan, TaskState, TaskVerb
from services.intake.casework.erasure import WORDS_LEFT
from services.intake.casework.store import tasks
from tests.intake.making import AGENCY, NOW, bodies, disclosure, open_case, recall_of
from tests.intake.test_custody import a_move
from tests.listing import staff_changed, staff_of

WORDS = "Ask Doctor Chan about the test result"
ANY = {"If-Match": "*"}
THERE = ZoneInfo("Asia/Bangkok")
CASE = Case(UUID(int=1), UUID(int=2), AGENCY, (), "routine")


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def raised(intake, headers, **body):
    answer = await intake.client.post("/v1/tasks", json={"kind": "call", **body}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def listed(intake, headers, query=""):
    answer = await intake.client.get(f"/v1/tasks{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def get(intake, task_id, headers):
    answer = await intake.client.get(f"/v1/tasks/{task_id}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def move(intake, task_id, verb, headers, **body):
    sent = {"json": body} if body else {}
    return await intake.client.post(f"/v1/tasks/{task_id}/{verb}", headers=headers, **sent)


async def assign(intake, case_id, *workers):
    body = {"organisation": AGENCY, "workers": list(workers)}
    supervisor = {**intake.as_("supervisor"), **ANY}
    answer = await intake.client.post(f"/v1/cases/{case_id}/assignment", json=body, headers=supervisor)
    assert answer.status_code == 200, answer.text


async def flag(intake, case_id, *flags):
    """Recorded, and everything that follows at once."""
    officer = {**intake.as_("screening_officer"), **ANY}
    answer = await intake.client.put(
        f"/v1/cases/{case_id}/fields", json={"flags": list(flags), "reason": "As she is."}, headers=officer
    )
    assert answer.status_code == 200, answer.text
    await intake.work()


async def steps(intake, case_id, headers, state="open"):
    return Counter(
        task["step"] for task in await listed(intake, headers, f"?case_id={case_id}&state={state}")
    )


async def set_clocks_back(intake, hours):
    """As if so much time had passed since the tasks were raised."""
    statement = "update intake.tasks set due_at = due_at - cast(:by as interval), remind_at = remind_at - cast(:by as interval)"
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text(statement), {"by": timedelta(hours=hours)})
    await intake.work(hasten=True)


@pytest.mark.parametrize("verb", TaskVerb)
@pytest.mark.parametrize("state", TaskState)
def test_every_verb_of_a_task_from_every_state_says_what_happened_or_changes_nothing(verb, state):
    task = Task(UUID(int=4), AGENCY, CASE.id, "call", NOW, "w1", state, "w1")
    about = facts.TaskSubject(task.id, CASE.id, AGENCY, "w1")
    verbs = {
        TaskVerb.CHANGE: lambda: task.change(CASE, TaskPlan("call", "w1"), None, NOW),
        TaskVerb.COMPLETE: lambda: task.complete(CASE, NOW),
        TaskVerb.CANCEL: lambda: task.cancel(CASE, "not-needed", NOW),
        TaskVerb.REOPEN: lambda: task.reopen(CASE, able=True),
    }
    said = {
        TaskVerb.CHANGE: [facts.TaskChanged(about, None)],
        TaskVerb.COMPLETE: [facts.TaskCompleted(about)],
        TaskVerb.CANCEL: [facts.TaskCancelled(about, "not-needed")],
        TaskVerb.REOPEN: [facts.TaskReopened(about, None)],
    }
    allowed = {TaskState.OPEN: {TaskVerb.CHANGE, TaskVerb.COMPLETE, TaskVerb.CANCEL}}.get(
        state, {TaskVerb.REOPEN}
    )
    if verb in allowed:
        assert verbs[verb]() == said[verb]
        assert task.state is MOVES[state][verb]
    else:
        with pytest.raises(WrongMove):
            verbs[verb]()
        assert task.state is state


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (TaskPlan("call", due_at=NOW), "time-is-over"),
        (TaskPlan("call", remind_at=NOW - timedelta(hours=1)), "time-is-over"),
        (TaskPlan("call", due_at=NOW + timedelta(days=1200)), "too-far"),
        (
            TaskPlan("call", due_at=NOW + timedelta(hours=1), remind_at=NOW + timedelta(hours=2)),
            "reminder-too-late",
        ),
    ],
)
def test_a_task_is_not_due_in_the_past_nor_reminded_of_when_it_is_late(plan, code):
    with pytest.raises(CommandRefused) as refused:
        Task.raised(UUID(int=4), AGENCY, CASE, plan, by="w1", now=NOW)
    assert refused.value.code == code


def test_each_clock_strikes_once_and_another_time_is_another_clock():
    plan = TaskPlan("call", "w1", NOW + timedelta(hours=2), NOW + timedelta(hours=1))
    task, _ = Task.raised(UUID(int=4), AGENCY, CASE, plan, by="w1", now=NOW)
    kinds = [
        [type(fact) for fact in task.strike_clock(NOW + timedelta(hours=hours))] for hours in (0, 1, 1, 2, 3)
    ]
    assert kinds == [[], [facts.TaskReminded], [], [facts.TaskOverdue], []]
    later = NOW + timedelta(hours=3)
    task.change(CASE, TaskPlan("call", "w1", NOW + timedelta(hours=4)), None, later)
    assert [type(fact) for fact in task.strike_clock(NOW + timedelta(hours=4))] == [facts.TaskOverdue]
    task.complete(CASE, NOW)
    assert task.strike_clock(NOW + timedelta(hours=9)) == []


OF_A_CHILD = {"unaccompanied_child", "separated_child"}
KNOWN_IN_CLEAR = {"an adult": set(FLAGS) - OF_A_CHILD, "a child, or an unknown age": set(FLAGS)}
"""The flags that somebody may have whose age group an onlooker reads in the row of the case."""


@pytest.mark.parametrize("flags", KNOWN_IN_CLEAR.values(), ids=KNOWN_IN_CLEAR.keys())
def test_whoever_knows_how_old_she_is_learns_from_the_times_of_her_tasks_no_more_than_that_a_flag_stands(
    flags,
):
    patterns = {flag: tuple(sorted(step.within for step in STEPS[flag])) for flag in flags}
    assert set(patterns.values()) == {(AT_ONCE, SOON)}, patterns


def test_every_urgent_flag_asks_for_something_at_once_and_for_the_same_once():
    assert set(STEPS) == set(FLAGS)
    assert all(min(step.within for step in steps) == AT_ONCE for steps in STEPS.values())
    assert set(steps_of({"unaccompanied_child", "separated_child"})) == {
        "find-a-safe-carer",
        "ask-for-a-guardian",
        "begin-family-tracing",
    }


async def test_a_task_of_a_case_is_sealed_and_its_worker_finds_it_among_theirs(intake):
    case_id, supervisor = await open_case(intake), intake.as_("supervisor")
    due = in_hours(5)
    task_id = await raised(
        intake, supervisor, case_id=str(case_id), worker="th.worker", due_at=due, text=WORDS
    )
    worker = intake.as_("case_worker", sub="th.worker")
    (mine,) = await listed(intake, worker, "?mine=true")
    assert (mine["id"], mine["case_id"], mine["text"], mine["overdue"]) == (
        task_id,
        str(case_id),
        None,
        False,
    )
    assert await listed(intake, supervisor, "?mine=true") == []
    assert (await get(intake, task_id, worker))["text"] == WORDS
    (of_case,) = await listed(intake, worker, f"?case_id={case_id}")
    assert of_case["text"] == WORDS
    async with intake.service.database.engine.connect() as conn:
        stored = str(list((await conn.execute(text("select t::text from intake.tasks t"))).scalars()))
    said = await intake.said()
    assert "Chan" not in stored + str(said)
    (event,) = bodies(said, "task.raised.v1")
    assert (event["case_id"], event["worker"], event["told"]) == (str(case_id), "th.worker", "th.worker")
    read = [body for body in bodies(said, "record.read.v1") if body["resource"] == "task"]
    assert [body["resource_id"] for body in read] == [task_id, None]


async def test_who_gives_a_task_to_themselves_is_not_told_of_it(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker")
    await raised(intake, worker, case_id=str(case_id), worker="th.worker")
    (event,) = bodies(await intake.said(), "task.raised.v1")
    assert (event["worker"], event["told"]) == ("th.worker", None)


async def test_a_day_is_due_by_its_end_at_the_place(intake):
    day = (datetime.now(THERE) + timedelta(days=3)).date()
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    task_id = await raised(intake, worker, case_id=str(case_id), due_on=day.isoformat())
    task = await get(intake, task_id, worker)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), THERE)
    assert (datetime.fromisoformat(task["due_at"]), task["due_on"]) == (end, day.isoformat())
    both = {"kind": "call", "due_on": day.isoformat(), "due_at": in_hours(1)}
    answer = await intake.client.post("/v1/tasks", json=both, headers=worker)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "one-of-two")


@pytest.mark.parametrize(
    ("worker", "code"),
    [("th.wroker", "not-listed"), ("th.colleague", "cannot-see-case"), ("th.operator", "not-listed")],
)
async def test_a_task_is_given_to_nobody_who_could_not_do_it(intake, worker, code):
    case_id, supervisor = await open_case(intake), intake.as_("supervisor")
    await assign(intake, case_id, "th.worker")
    body = {"kind": "call", "case_id": str(case_id), "worker": worker}
    answer = await intake.client.post("/v1/tasks", json=body, headers=supervisor)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert await listed(intake, supervisor) == []


async def test_nobody_without_the_case_sees_or_moves_its_tasks(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker")
    await assign(intake, case_id, "th.worker")
    task_id = await raised(intake, worker, case_id=str(case_id), text=WORDS)
    for other in (
        intake.as_("case_worker", sub="th.colleague"),
        intake.as_("supervisor", org="th-shelter"),
    ):
        read = await intake.client.get(f"/v1/tasks/{task_id}", headers=other)
        done = await move(intake, task_id, "complete", other)
        assert [read.status_code, done.status_code] == [404, 404]
        assert await listed(intake, other) == []
    tried = [body["action"] for body in bodies(await intake.said(), "attempt.refused.v1")]
    assert sorted(tried) == ["task.read", "task.read", "task.write", "task.write"]


async def test_a_task_of_the_team_has_no_case_and_is_the_whole_teams_alone(intake):
    worker = intake.as_("case_worker")
    task_id = await raised(intake, worker, kind="document", text="Order new forms")
    colleague, elsewhere = (
        intake.as_("case_worker", sub="th.colleague"),
        intake.as_("supervisor", org="th-shelter"),
    )
    (task,) = await listed(intake, colleague, "?team=true&unassigned=true")
    assert (task["id"], task["case_id"]) == (task_id, None)
    assert (await get(intake, task_id, colleague))["text"] == "Order new forms"
    assert (await intake.client.get(f"/v1/tasks/{task_id}", headers=elsewhere)).status_code == 404
    assert (await move(intake, task_id, "complete", colleague)).status_code == 200
    (event,) = bodies(await intake.said(), "task.completed.v1")
    assert (event["about_id"], event["case_id"], event["organisation"]) == (task_id, None, AGENCY)


async def key_of(intake, task_id) -> UUID:
    statement = text("select person_id from intake.tasks where id = :id")
    async with intake.service.database.engine.connect() as conn:
        return (await conn.execute(statement, {"id": UUID(task_id)})).scalar_one()


async def is_destroyed(intake, owner) -> bool:
    intake.service.vault.forget(owner)
    try:
        await intake.service.vault.seal(owner, "task.content", owner, "x")
    except KeyDestroyed:
        return True
    return False


async def test_the_words_of_a_task_of_the_team_go_with_their_key_and_others_have_another(intake):
    worker = intake.as_("case_worker") | ANY
    task_id = await raised(intake, worker, text=WORDS)
    first, path = await key_of(intake, task_id), f"/v1/tasks/{task_id}"
    for said, gone in ((None, True), ("Order new forms", True)):
        answer = await intake.client.put(path, json={"kind": "call", "text": said}, headers=worker)
        assert answer.status_code == 200, answer.text
        await intake.work()
        assert await is_destroyed(intake, first) is gone
        assert (await get(intake, task_id, worker))["text"] == said
    assert await key_of(intake, task_id) != first


async def test_the_words_of_a_task_that_ended_before_there_was_a_clock_for_them_go_too(intake):
    worker = intake.as_("case_worker")
    old, new, begun = [await raised(intake, worker, text=WORDS) for _ in range(3)]
    keys = [await key_of(intake, task_id) for task_id in (old, new, begun)]
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        ended = "update intake.tasks set state = 'done', ended_at = now() - make_interval(days => :days) where id = :id"
        for task_id, days in ((old, 31), (new, 29)):
            await tx.execute(text(ended), {"id": task_id, "days": days})
        tx.say(DueWork(WORDS_LEFT, "all"))
    for _ in range(2):
        await intake.work()
    assert [await is_destroyed(intake, key) for key in keys] == [True, False, False]


async def test_the_words_of_a_task_of_the_team_that_ended_go_by_themselves_unless_it_is_opened_again(intake):
    worker = intake.as_("case_worker")
    ended, again = [await raised(intake, worker, text=WORDS) for _ in range(2)]
    keys = [await key_of(intake, task_id) for task_id in (ended, again)]
    for task_id, verb in ((ended, "complete"), (again, "complete"), (again, "reopen")):
        assert (await move(intake, task_id, verb, worker)).status_code == 200
    await intake.work()
    assert [await is_destroyed(intake, key) for key in keys] == [False, False]
    await intake.work(hasten=True)
    await intake.work()
    assert [await is_destroyed(intake, key) for key in keys] == [True, False]
    assert [(await get(intake, one, worker))["text"] for one in (ended, again)] == [None, WORDS]


async def test_lists_are_narrowed_sorted_and_paged(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker")
    ids = {
        name: await raised(intake, worker, **{"case_id": str(case_id), **body})
        for name, body in {
            "whenever": {},
            "tomorrow": {"due_at": in_hours(24), "worker": "th.worker"},
            "soon": {"due_at": in_hours(1), "kind": "visit"},
            "team": {"case_id": None, "due_at": in_hours(2)},
        }.items()
    }
    names = {task_id: name for name, task_id in ids.items()}
    found = {
        query: [names[task["id"]] for task in await listed(intake, worker, query)]
        for query in (
            "",
            "?sort=newest",
            "?mine=true",
            "?unassigned=true",
            "?kind=visit",
            "?team=true",
            f"?case_id={case_id}",
            "?overdue=true",
            "?overdue=false&limit=1",
            f"?due_before={in_hours(3).replace('+', '%2B')}",
            "?state=done",
        )
    }
    assert list(found.values())[:9] == [
        ["soon", "team", "tomorrow", "whenever"],
        ["team", "soon", "tomorrow", "whenever"],
        ["tomorrow"],
        ["soon", "team", "whenever"],
        ["soon"],
        ["team"],
        ["soon", "tomorrow", "whenever"],
        [],
        ["soon"],
    ]
    assert list(found.values())[9:] == [["soon", "team"], []]
    pages, after = [], ""
    for _ in range(3):
        page = (await intake.client.get(f"/v1/tasks?limit=2{after}", headers=worker)).json()
        pages.append([names[task["id"]] for task in page["items"]])
        after = f"&after={page['next']}" if page["next"] else ""
        if not after:
            break
    assert pages == [["soon", "team"], ["tomorrow", "whenever"], []]


async def test_a_change_replaces_what_was_seen_and_its_new_worker_is_told(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker")
    task_id = await raised(intake, worker, case_id=str(case_id), worker="th.worker", text=WORDS)
    body = {"kind": "visit", "worker": "th.colleague", "text": "Ask the nurse"}
    path = f"/v1/tasks/{task_id}"
    unseen = await intake.client.put(path, json=body, headers=worker)
    changed = await intake.client.put(path, json=body, headers={**worker, "If-Match": '"1"'})
    late = await intake.client.put(path, json=body, headers={**worker, "If-Match": '"1"'})
    assert [unseen.status_code, changed.status_code, late.status_code] == [428, 200, 412]
    task = await get(intake, task_id, worker)
    assert (task["kind"], task["worker"], task["text"]) == ("visit", "th.colleague", "Ask the nurse")
    (event,) = bodies(await intake.said(), "task.changed.v1")
    assert (event["worker"], event["told"]) == ("th.colleague", "th.colleague")


async def test_who_changes_a_task_from_a_list_keeps_its_text_which_null_removes(intake):
    """A list over several cases has no texts, so that who puts a task off from it says nothing of one."""
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker") | ANY
    of_case = await raised(intake, worker, case_id=str(case_id), text=WORDS)
    of_team = await raised(intake, worker, text=WORDS)
    said = []
    for task_id in (of_case, of_team):
        for more in ({}, {"text": None}):
            body = {"kind": "visit", "due_at": in_hours(9), **more}
            answer = await intake.client.put(f"/v1/tasks/{task_id}", json=body, headers=worker)
            assert answer.status_code == 200, answer.text
            task = await get(intake, task_id, worker)
            said.append((task["kind"], task["text"]))
    assert said == [("visit", WORDS), ("visit", None)] * 2


async def test_what_is_ended_too_early_is_opened_again(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    task_id = await raised(intake, worker, case_id=str(case_id), due_at=in_hours(1))
    assert (await move(intake, task_id, "complete", worker)).status_code == 200
    assert (await move(intake, task_id, "complete", worker)).status_code == 409
    assert (await get(intake, task_id, worker))["ended_by"] == "th.case_worker"
    assert (await move(intake, task_id, "reopen", worker)).status_code == 200
    task = await get(intake, task_id, worker)
    assert (task["state"], task["ended_at"]) == ("open", None)


@pytest.mark.parametrize("gone", ["from the organisation", "from the case"])
async def test_a_task_that_is_opened_again_is_not_given_back_to_who_is_gone(intake, gone):
    case_id, supervisor = await open_case(intake), intake.as_("supervisor")
    await assign(intake, case_id, "th.worker", "th.colleague")
    task_id = await raised(intake, supervisor, case_id=str(case_id), worker="th.worker")
    await move(intake, task_id, "complete", supervisor)
    if gone == "from the case":
        await assign(intake, case_id, "th.colleague")
    else:
        left = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.worker"}
        await intake.deliver(staff_changed(AGENCY, left))
    await intake.work()
    assert (await move(intake, task_id, "reopen", supervisor)).status_code == 200
    assert (await get(intake, task_id, supervisor))["worker"] is None
    said = await intake.said()
    assert [body["task_id"] for body in bodies(said, "task.unassigned.v1")] == [task_id]
    assert [body["told"] for body in bodies(said, "task.reopened.v1")] == [None]


async def test_a_reminder_that_has_come_does_not_stand_in_the_way_of_another_time(intake):
    """Who puts a task off says the whole of it, with the reminder that has come already."""
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker") | ANY
    times = {"due_at": in_hours(5), "remind_at": in_hours(1)}
    task_id = await raised(intake, worker, case_id=str(case_id), worker="th.worker", **times)
    await set_clocks_back(intake, 2)
    stands = await get(intake, task_id, worker)
    body = {"kind": "call", "worker": "th.worker", "remind_at": stands["remind_at"]}
    path = f"/v1/tasks/{task_id}"
    put_off = await intake.client.put(path, json={**body, "due_at": in_hours(9)}, headers=worker)
    assert put_off.status_code == 200, put_off.text
    await set_clocks_back(intake, 10)
    late = (await get(intake, task_id, worker))["due_at"]
    again = await intake.client.put(path, json={"kind": "call", "due_at": late}, headers=worker)
    assert again.status_code == 200, again.text
    earlier = {"kind": "call", "due_at": in_hours(-30)}
    refused = await intake.client.put(path, json=earlier, headers=worker)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "time-is-over")


async def test_reminder_and_end_of_the_time_are_said_once_and_of_nothing_that_is_done(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker")
    times = {"due_at": in_hours(3), "remind_at": in_hours(2)}
    late = await raised(intake, worker, case_id=str(case_id), worker="th.worker", **times)
    done = await raised(intake, worker, case_id=str(case_id), worker="th.worker", **times)
    await move(intake, done, "complete", worker)
    await intake.work()
    assert bodies(await intake.said(), "task.reminded.v1") == []
    await set_clocks_back(intake, 4)
    said = await intake.said()
    assert [body["task_id"] for body in bodies(said, "task.reminded.v1")] == [late]
    assert [body["task_id"] for body in bodies(said, "task.overdue.v1")] == [late]
    assert bodies(said, "task.reminded.v1")[0]["told"] == "th.worker"
    assert [task["id"] for task in await listed(intake, worker, "?overdue=true")] == [late]
    await intake.work(hasten=True)
    assert await intake.said() == said


async def test_every_urgent_flag_raises_its_tasks_at_once_and_says_in_clear_nothing_of_the_flag(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await flag(intake, case_id, *FLAGS)
    wanted = {step.code for steps in STEPS.values() for step in steps}
    assert await steps(intake, case_id, worker) == Counter(wanted)
    async with intake.service.database.engine.connect() as conn:
        rows = [
            *(await conn.execute(text("select t::text from intake.tasks t"))).scalars(),
            *(await conn.execute(text("select t::text from intake.answered_flags t"))).scalars(),
            *(await conn.execute(text("select w::text from chassis.work w"))).scalars(),
        ]
    kept = "\n".join([*rows, str(await intake.said())])
    assert [word for word in (*FLAGS, *wanted) if word in kept] == []
    within = {task["step"]: task["due_at"] for task in await listed(intake, worker, f"?case_id={case_id}")}
    soonest = datetime.fromisoformat(within["get-medical-help"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < soonest <= timedelta(hours=1)


async def test_a_case_that_opens_with_a_flag_has_its_tasks(intake):
    case_id = await open_case(intake, flags=["recent_birth"])
    await intake.work()
    assert set(await steps(intake, case_id, intake.as_("case_worker"))) == {
        "have-mother-and-newborn-seen",
        "provide-for-the-newborn",
    }


async def test_two_changes_that_wait_to_be_looked_at_raise_every_task_once(intake):
    case_id, officer = await open_case(intake), {**intake.as_("screening_officer"), **ANY}
    body = {"flags": ["medical_emergency", "suicide_risk"]}
    answer = await intake.client.put(f"/v1/cases/{case_id}/fields", json=body, headers=officer)
    assert answer.status_code == 200, answer.text
    await assign(intake, case_id, "th.worker")
    await intake.work(hasten=True)
    wanted = [step.code for flag in body["flags"] for step in STEPS[flag]]
    assert await steps(intake, case_id, intake.as_("supervisor")) == Counter(wanted)


async def test_a_flag_that_is_cleared_offers_its_tasks_to_be_cancelled_and_ends_none(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await flag(intake, case_id, "late_pregnancy", "unaccompanied_child")
    await flag(intake, case_id, "unaccompanied_child", "separated_child")
    offered = await listed(intake, worker, f"?case_id={case_id}&cancel_offered=true")
    assert {task["step"] for task in offered} == {"arrange-maternity-care", "plan-the-birth"}
    assert (await steps(intake, case_id, worker))["find-a-safe-carer"] == 1
    await flag(intake, case_id, "late_pregnancy")
    offered = await listed(intake, worker, f"?case_id={case_id}&cancel_offered=true")
    assert {task["step"] for task in offered} == {
        "find-a-safe-carer",
        "ask-for-a-guardian",
        "begin-family-tracing",
    }
    assert (await steps(intake, case_id, worker))["arrange-maternity-care"] == 1


async def test_a_flag_whose_task_is_done_raises_it_anew_only_when_it_is_raised_anew(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await flag(intake, case_id, "medical_emergency")
    for task in await listed(intake, worker, f"?case_id={case_id}"):
        await move(intake, task["id"], "complete", worker)
    await flag(intake, case_id, "medical_emergency")
    assert await steps(intake, case_id, worker) == Counter()
    await flag(intake, case_id)
    await flag(intake, case_id, "medical_emergency")
    assert set(await steps(intake, case_id, worker)) == {"get-medical-help", "ask-what-treatment-follows"}


async def test_a_task_that_a_flag_raised_keeps_its_step_when_a_person_takes_it(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker", sub="th.worker")
    await flag(intake, case_id, "suicide_risk")
    task_id = next(
        task["id"]
        for task in await listed(intake, worker, f"?case_id={case_id}")
        if task["step"] == "stay-with-the-person"
    )
    body = {"kind": "urgent-step", "worker": "th.worker", "text": "Room 4"}
    answer = await intake.client.put(f"/v1/tasks/{task_id}", json=body, headers={**worker, **ANY})
    assert answer.status_code == 200, answer.text
    task = await get(intake, task_id, worker)
    assert (task["step"], task["text"], task["worker"]) == ("stay-with-the-person", "Room 4", "th.worker")
    by_hand = {**body, "kind": "call"}
    refused = await intake.client.put(f"/v1/tasks/{task_id}", json=by_hand, headers={**worker, **ANY})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "raised-by-flag")


@pytest.mark.parametrize(
    "taken", [None, {}, {"text": None}], ids=["by nobody", "from a list", "without a text"]
)
async def test_flags_that_came_with_her_raise_tasks_and_keep_no_key_when_they_are_taken_back(intake, taken):
    """Nobody accepted what came: the recall destroys her key, and what a flag raised is no reason to keep it."""
    sent = await disclosure(intake, {"cor_UrgentHealth": '["medical_emergency"]', "cor_FullName": "Dara"})
    await intake.deliver(sent)
    await intake.work()
    await intake.work()
    worker = intake.as_("case_worker")
    assert set(await steps(intake, sent.case_id, worker)) == {
        "get-medical-help",
        "ask-what-treatment-follows",
    }
    if taken is not None:
        for task in await listed(intake, worker):
            body = {"kind": "urgent-step", "worker": "th.worker", **taken}
            answer = await intake.client.put(f"/v1/tasks/{task['id']}", json=body, headers=worker | ANY)
            assert answer.status_code == 200, answer.text
    await intake.deliver(recall_of(sent))
    await intake.work()
    await intake.work()
    (closed,) = bodies(await intake.said(), "disclosure.closed.v1")
    assert closed["answer"] == "erased"
    async with intake.service.database.engine.connect() as conn:
        rows = await conn.execute(text("select state, content from intake.tasks"))
        assert [tuple(row) for row in rows] == [("cancelled", None)] * 2


async def test_who_loses_the_case_loses_its_tasks_to_nobody_and_a_supervisor_is_told(intake):
    case_id, supervisor = await open_case(intake), intake.as_("supervisor")
    await assign(intake, case_id, "th.worker", "th.colleague")
    kept = await raised(intake, supervisor, case_id=str(case_id), worker="th.colleague")
    lost = await raised(intake, supervisor, case_id=str(case_id), worker="th.worker")
    await assign(intake, case_id, "th.colleague")
    await intake.work()
    assert [task["id"] for task in await listed(intake, supervisor, "?unassigned=true")] == [lost]
    assert (await get(intake, kept, supervisor))["worker"] == "th.colleague"
    (event,) = bodies(await intake.said(), "task.unassigned.v1")
    assert (event["task_id"], event["worker"]) == (lost, None)


async def test_who_leaves_leaves_every_task_behind_unassigned(intake):
    case_id, supervisor = await open_case(intake), intake.as_("supervisor")
    lost = [
        await raised(intake, supervisor, case_id=str(case_id), worker="th.worker"),
        await raised(intake, supervisor, worker="th.worker"),
    ]
    kept = await raised(intake, supervisor, worker="th.colleague")
    left = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.worker"}
    await intake.deliver(staff_changed(AGENCY, left))
    await intake.work()
    unassigned = await listed(intake, supervisor, "?unassigned=true")
    assert {task["id"] for task in unassigned} == set(lost)
    assert (await get(intake, kept, supervisor))["worker"] == "th.colleague"


async def test_a_case_that_is_handed_over_takes_its_tasks_out_of_every_list_with_a_reason(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await raised(intake, worker, case_id=str(case_id), text=WORDS)
    await intake.deliver(a_move(case_id, "accepted"))
    await intake.work()
    (event,) = bodies(await intake.said(), "task.cancelled.v1")
    assert event["reason"] == "case-gone"
    assert await listed(intake, worker) == []


async def test_a_case_that_is_handed_over_keeps_no_words_of_a_task_that_has_ended_either(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    task_id = await raised(intake, worker, case_id=str(case_id), text=WORDS)
    assert (await move(intake, task_id, "complete", worker)).status_code == 200
    await intake.deliver(a_move(case_id, "accepted"))
    await intake.work()
    async with intake.service.database.engine.connect() as conn:
        kept = (await conn.execute(text("select content from intake.tasks"))).scalars().all()
    assert kept == [None]


async def test_a_task_that_has_become_a_cases_meanwhile_is_not_moved_by_the_right_to_the_team_alone(
    intake, monkeypatch
):
    """As when somebody attaches the call that it is of, between the look at whose it is and its lock."""
    case_id, supervisor = await open_case(intake), intake.as_("supervisor")
    task_id = await raised(intake, supervisor, case_id=str(case_id))

    async def of_nobody_yet(*_):
        return None

    monkeypatch.setattr("services.intake.casework.store.tasks.case_of", of_nobody_yet)
    stranger = intake.as_("supervisor", org="th-shelter")
    assert (await move(intake, task_id, "complete", stranger)).status_code in {404, 412}
    assert (await move(intake, task_id, "complete", supervisor)).status_code == 412


@pytest.mark.parametrize(
    "left",
    [
        "update intake.cases set covers = '{th.cover}' where id = :case",
        "insert into intake.answered_flags (case_id, person_id, flags) select id, person_id, 'x' from intake.cases where id = :case",
    ],
    ids=["somebody who covers", "flags that are answered"],
)
async def test_of_a_case_that_has_something_left_of_before_its_tasks_follow(intake, left):
    """Whoever covers may have nobody to cover any more, and answers may have no flag: only the work on tasks takes them away."""
    case_id, database = await open_case(intake), intake.service.database
    async with database.transaction(database.system()) as tx:
        quiet = await tasks.nothing_follows(tx, case_id)
        await tx.execute(text(left), {"case": case_id})
        assert (quiet, await tasks.nothing_follows(tx, case_id)) == (True, False)
