"""Calls to the hotline over HTTP: written down, closed, part of a case as she consented, taken out again, deleted in time."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.vault.vault import KeyDestroyed
from services.intake.reports.domain.calls import own_key
from tests.intake.making import bodies, open_case

WORDS = "Three of us are locked in at pier 4"
SAFE = "After nine, and say that it is the laundry"
ANY = {"If-Match": "*"}
STEPS = {"bring-to-safety", "plan-safety"}


class Desk:
    """What one person does with calls."""

    def __init__(self, intake, role="screening_officer", **who):
        self.intake, self.headers = intake, intake.as_(role, **who)

    async def send(self, method, path, body=None, **headers):
        return await self.intake.client.request(
            method, path, json=body, headers={**self.headers, **ANY, **headers}
        )

    async def start(self, **body):
        answer = await self.send("POST", "/v1/calls", {"kind": "tells", **body})
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def move(self, call, verb, body=None):
        return (await self.send("POST", f"{call}/{verb}", body)).status_code

    async def view(self, call):
        answer = await self.send("GET", call)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(self, query=""):
        return [one["id"] for one in (await self.send("GET", f"/v1/calls{query}")).json()["items"]]

    async def tasks(self, call, query=""):
        answer = await self.send("GET", f"/v1/tasks?call_id={call.rpartition('/')[2]}{query}")
        return answer.json()["items"]


@pytest.fixture
def desk(intake):
    return Desk(intake)


async def row(intake, call):
    async with intake.service.database.engine.connect() as conn:
        statement = text("select owner, content, case_id from intake.calls where id = :id")
        return (await conn.execute(statement, {"id": UUID(call.rpartition("/")[2])})).one()


async def pass_days(intake, days):
    """What is due within so many days is due now."""
    async with intake.service.database.engine.begin() as conn:
        statement = (
            "update chassis.work set due_at = now() where kind = 'call-clock' and due_at < now() + :span"
        )
        await conn.execute(text(statement), {"span": timedelta(days=days)})
    await intake.work()


async def is_destroyed(intake, owner):
    try:
        await intake.service.vault.create(owner)
    except KeyDestroyed:
        return True
    return False


async def test_a_call_is_written_down_with_nothing_but_its_kind_and_shows_its_words_to_whoever_opens_it_alone(
    intake, desk
):
    bare = await desk.start(kind="silent")
    call = await desk.start(
        text=WORDS,
        language="km",
        callback={"way": "text-message", "contact": "+66 81 000 0000", "safe": SAFE},
    )
    view = await desk.view(call)
    assert (view["text"], view["language"], view["callback"]["safe"]) == (WORDS, "km", SAFE)
    assert (await desk.view(bare))["text"] is None
    stored, said = await row(intake, call), str(await intake.said())
    assert stored.content.startswith("v1.")
    assert WORDS not in said
    listing = await desk.send("GET", "/v1/calls")
    assert WORDS not in listing.text
    assert SAFE not in listing.text
    reads = [one for one in bodies(await intake.said(), "record.read.v1") if one["resource"] == "call"]
    assert [one["resource_id"] for one in reads] == [call.rpartition("/")[2], bare.rpartition("/")[2]]


async def test_a_callback_without_how_it_is_safe_is_refused(desk):
    body = {"kind": "own-help", "callback": {"way": "telephone", "contact": "+66 81 000 0000"}}
    answer = await desk.send("POST", "/v1/calls", body)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "callback", "safe"])


async def test_a_flag_of_danger_raises_its_tasks_at_once_tells_the_supervisors_and_is_not_closed_as_spam(
    intake, desk
):
    call = await desk.start(text=WORDS, flags=["immediate_danger"])
    assert ((await desk.view(call))["urgency"], len(await desk.tasks(call))) == ("immediate", 2)
    steps = {
        (await desk.send("GET", f"/v1/tasks/{one['id']}")).json()["step"] for one in await desk.tasks(call)
    }
    assert steps == STEPS
    (raised,) = bodies(await intake.said(), "call.raised.v1")
    assert raised["call_id"] == call.rpartition("/")[2]
    for reason in ("spam", "wrong-number", "information-given", "referred"):
        answer = await desk.send("POST", f"{call}/close", {"reason": reason})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "steps-open")
    assert "close_call" not in {one["verb"] for one in (await desk.view(call))["moves"]}
    for one in await desk.tasks(call):
        assert (await desk.send("POST", f"/v1/tasks/{one['id']}/complete")).status_code == 200
    assert await desk.move(call, "close", {"reason": "referred"}) == 200


async def test_a_flag_that_is_heard_later_raises_its_tasks_when_it_is_saved_and_once(desk):
    call = await desk.start(text=WORDS)
    for _ in range(2):
        assert (await desk.send("PATCH", call, {"flags": ["immediate_danger"]})).status_code == 200
    assert len(await desk.tasks(call)) == 2
    assert (await desk.view(call))["text"] == WORDS


async def test_a_call_that_is_sent_again_leaves_no_key_that_nobody_finds(intake, desk):
    key = {"Idempotency-Key": "call-sent-again-1"}
    first, again = [await desk.send("POST", "/v1/calls", {"kind": "tells"}, **key) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    owner = (await row(intake, first.headers["location"])).owner
    assert owner == own_key(UUID(first.json()["id"]), 0)
    await intake.service.vault.release(owner)
    await intake.service.vault.destroy(owner)
    late = await desk.send("POST", "/v1/calls", {"kind": "tells"}, **key)
    assert (late.status_code, late.json()["code"]) == (409, "already-there")


async def test_nobody_saves_over_what_they_have_not_seen(desk):
    call = await desk.start(text=WORDS)
    assert (await desk.send("PATCH", call, {"text": "a"}, **{"If-Match": '"1"'})).status_code == 200
    assert (await desk.send("PATCH", call, {"text": "b"}, **{"If-Match": '"1"'})).status_code == 412
    assert (await desk.view(call))["text"] == "a"


@pytest.mark.parametrize("reason", ["spam", "information-given", None])
async def test_a_call_that_is_nobodys_is_erased_with_its_key_after_its_time(intake, desk, reason):
    call = await desk.start(text=WORDS)
    if reason is not None:
        assert await desk.move(call, "close", {"reason": reason}) == 200
    owner = (await row(intake, call)).owner
    await intake.work(hasten=True)
    await intake.work()
    view = await desk.view(call)
    assert (view["state"], view["text"], view["moves"]) == ("cleared", None, [])
    assert (await row(intake, call)).content is None
    assert await is_destroyed(intake, owner)


async def test_a_call_that_nobody_closes_is_a_task_of_the_team_long_before_it_is_erased(intake, desk):
    call = await desk.start(text=WORDS)
    await pass_days(intake, 44)
    assert await desk.tasks(call) == []
    await pass_days(intake, 46)
    (task,) = await desk.tasks(call)
    assert (task["kind"], task["worker"], task["due_at"] is None) == ("review", None, False)
    assert (await desk.view(call))["text"] == WORDS


async def test_closed_by_mistake_it_is_opened_again_and_its_words_stay(intake, desk):
    call = await desk.start(text=WORDS)
    await desk.move(call, "close", {"reason": "spam"})
    assert await desk.move(call, "reopen") == 200
    await pass_days(intake, 8)
    assert ((await desk.view(call))["state"], (await desk.view(call))["text"]) == ("open", WORDS)


async def test_no_call_is_part_of_a_case_without_how_she_consented(intake, desk):
    call, case_id = await desk.start(text=WORDS), await open_case(intake)
    for path, body in ((f"{call}/attach", {"case_id": str(case_id)}), (f"{call}/case", {})):
        answer = await desk.send("POST", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "agreed"])
    answer = await desk.send("POST", f"{call}/close", {"reason": "became-case"})
    assert answer.status_code == 422


async def test_attached_it_is_hers_under_her_key_and_taken_out_it_leaves_nothing_there(intake, desk):
    call, case_id = await desk.start(text=WORDS), await open_case(intake)
    own = (await row(intake, call)).owner
    body = {"case_id": str(case_id), "agreed": "called-back"}
    assert await desk.move(call, "attach", body) == 200
    await intake.work()
    view = await desk.view(call)
    assert (view["state"], view["text"], view["agreed"], view["reason"]) == (
        "attached",
        WORDS,
        "called-back",
        "became-case",
    )
    hers = (await row(intake, call)).owner
    assert not await is_destroyed(intake, own)  # until a backup holds the words under hers
    await intake.work(hasten=True)
    assert await is_destroyed(intake, own)
    assert await desk.listed(f"?case_id={case_id}") == [view["id"]]
    assert await desk.move(call, "detach") == 200
    await intake.work()
    after = await desk.view(call)
    assert (after["state"], after["text"], after["case_id"]) == ("open", WORDS, None)
    assert (await row(intake, call)).owner not in {own, hers}
    said = [name for name, _ in await intake.said() if name.startswith("call.")]
    assert said == ["call.started.v1", "call.attached.v1", "call.detached.v1"]


async def test_a_case_is_opened_from_a_call_with_its_language_and_flags_and_no_step_is_raised_twice(
    intake, desk
):
    call = await desk.start(text=WORDS, language="km", flags=["immediate_danger"])
    before = {one["id"] for one in await desk.tasks(call)}
    sent = {"agreed": "in-the-call", "fields": {"cor_FullName": "Dara"}}
    key = {"Idempotency-Key": "case-of-call-1"}
    first, again = [await desk.send("POST", f"{call}/case", sent, **key) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    case = (await desk.send("GET", first.headers["location"])).json()
    assert (case["channel"], case["urgency"]) == ("hotline", "immediate")
    fields = (await desk.send("GET", f"{first.headers['location']}/fields")).json()
    assert fields["fields"]["prs_PrimaryLanguage"] == "km"
    assert (await desk.view(call))["case_id"] == case["id"]
    await intake.work()
    found = (await desk.send("GET", f"/v1/tasks?case_id={case['id']}")).json()["items"]
    assert ({one["id"] for one in found}, {one["step"] for one in found}) == (before, STEPS)


async def test_the_tasks_of_a_call_go_where_it_goes_and_say_the_same_there(intake, desk):
    call, case_id = await desk.start(text=WORDS, flags=["immediate_danger"]), await open_case(intake)
    await desk.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"})
    await intake.work()
    hers = (await desk.send("GET", f"/v1/tasks?case_id={case_id}")).json()["items"]
    assert [(one["step"] in STEPS, one["cancel_offered"]) for one in hers] == [(True, False)] * 2
    assert await desk.move(call, "detach") == 200
    await intake.work()
    assert (await desk.send("GET", f"/v1/tasks?case_id={case_id}")).json()["items"] == []
    team = await desk.tasks(call, "&team=true")
    views = [(await desk.send("GET", f"/v1/tasks/{one['id']}")).json() for one in team]
    assert {one["step"] for one in views} == STEPS


async def test_what_is_hers_again_before_its_former_place_was_let_go_of_stays_in_the_register_and_leaves_it_each_time(
    intake, desk
):
    call, case_id = await desk.start(text=WORDS, flags=["immediate_danger"]), await open_case(intake)
    agreed = {"case_id": str(case_id), "agreed": "in-person"}
    await desk.move(call, "attach", agreed)
    hers = (await row(intake, call)).owner
    await intake.work()
    without = (await intake.service.vault.held_by(hers))["intake"] - 3
    for last in (3, 0, 3, 0):
        await desk.move(call, "detach")
        if last:
            await desk.move(call, "attach", agreed)
        await intake.work()
        assert (await intake.service.vault.held_by(hers))["intake"] == without + last
        if not last:
            await desk.move(call, "attach", agreed)


async def test_taken_out_a_task_keeps_its_step_and_nothing_that_was_written_in_her_case(intake, desk):
    call, case_id = await desk.start(text=WORDS, flags=["immediate_danger"]), await open_case(intake)
    await pass_days(intake, 46)
    await desk.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"})
    written = await desk.tasks(call)
    assert [one["kind"] for one in written].count("review") == 1
    for one in written:
        path = f"/v1/tasks/{one['id']}"
        answer = await desk.send("PUT", path, {"kind": one["kind"], "text": "Her sister hides her"})
        assert answer.status_code == 200, answer.text
    assert await desk.move(call, "detach") == 200
    views = [(await desk.send("GET", f"/v1/tasks/{one['id']}")).json() for one in written]
    assert [one["text"] for one in views] == [None] * 3
    assert {one["step"] for one in views} == {*STEPS, None}


async def test_a_case_whose_open_steps_left_with_a_call_gets_steps_of_its_own(intake, desk):
    call = await desk.start(text=WORDS, flags=["immediate_danger"])
    opened = await desk.send("POST", f"{call}/case", {"agreed": "in-the-call"})
    case_id = opened.headers["location"].rpartition("/")[2]
    await intake.work()
    assert await desk.move(call, "detach") == 200
    await intake.work()
    hers = (await desk.send("GET", f"/v1/tasks?case_id={case_id}")).json()["items"]
    assert {one["step"] for one in hers} == STEPS
    assert {one["id"] for one in hers}.isdisjoint(one["id"] for one in await desk.tasks(call))


async def test_a_call_in_a_case_is_read_by_whoever_may_read_the_case_and_nobody_else(intake, desk):
    call, case_id = await desk.start(text=WORDS), await open_case(intake)
    worker, other = Desk(intake, "case_worker"), Desk(intake, "case_worker", sub="th.other")
    assert (await other.send("GET", call)).status_code == 200
    assignment = {"organisation": "th-care-agency", "workers": ["th.case_worker"]}
    answer = await desk.send("POST", f"/v1/cases/{case_id}/assignment", assignment)
    assert answer.status_code == 200, answer.text
    refused = await other.send("POST", f"{call}/attach", {"case_id": str(case_id), "agreed": "in-person"})
    assert refused.status_code == 404
    await worker.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"})
    assert (await worker.view(call))["text"] == WORDS
    assert (await other.send("GET", call)).status_code == 404
    assert await other.listed() == []
    elsewhere = Desk(intake, "supervisor", org="th-shelter", sub="th.elsewhere")
    assert (await elsewhere.send("GET", call)).status_code == 404
    its_tasks = f"/v1/tasks?call_id={call.rpartition('/')[2]}"
    asked = [await one.send("GET", its_tasks) for one in (other, elsewhere, worker)]
    assert [answer.status_code for answer in asked] == [404, 404, 200]


async def test_what_has_become_a_cases_between_the_look_at_whose_it_is_and_its_reading_is_not_shown(
    intake, desk, monkeypatch
):
    call, case_id = await desk.start(text=WORDS, flags=["immediate_danger"]), await open_case(intake)
    task = f"/v1/tasks/{(await desk.tasks(call))[0]['id']}"
    await desk.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"})

    async def of_nobody_yet(*_):
        return None

    for room in ("casework.store.tasks", "reports.store.calls"):
        monkeypatch.setattr(f"services.intake.{room}.case_of", of_nobody_yet)
    for path in (call, task):
        assert (await desk.send("GET", path)).status_code == 404


async def test_the_filters_of_the_list(intake, desk):
    mine = await desk.start(kind="question")
    other = await Desk(intake, sub="th.second").start(kind="silent", flags=["suicide_risk"])
    ids = [one.rpartition("/")[2] for one in (mine, other)]
    await desk.move(mine, "close", {"reason": "information-given"})
    assert await desk.listed("?mine=true") == ids[:1]
    assert await desk.listed("?kind=silent") == await desk.listed("?flagged=true") == ids[1:]
    assert await desk.listed("?state=open") == ids[1:]
    assert await desk.listed("?since=2020-01-01T00:00:00Z") == ids[::-1]
    assert await desk.listed("?since=2090-01-01T00:00:00Z") == []
    assert (await desk.send("GET", "/v1/calls?text=pier")).status_code == 422


async def test_no_call_is_taken_out_of_the_case_of_whoever_asks_to_be_erased_and_no_danger_is_closed_as_spam(
    intake, desk
):
    call, case_id = await desk.start(text=WORDS, flags=["immediate_danger"]), await open_case(intake)
    await desk.move(call, "attach", {"case_id": str(case_id), "agreed": "in-person"})
    supervisor = Desk(intake, "supervisor")
    asked = await supervisor.send("POST", f"/v1/cases/{case_id}/erasures", {"reason": "She wants it"})
    answer = await desk.send("POST", f"{call}/detach")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "erasure-requested")
    assert "detach_call" not in {one["verb"] for one in (await desk.view(call))["moves"]}
    await supervisor.send("POST", f"/v1/erasures/{asked.json()['id']}/cancel")
    assert await desk.move(call, "detach") == 200
    for one in await desk.tasks(call):
        cancelled = await desk.send("POST", f"/v1/tasks/{one['id']}/cancel", {"reason": "not-needed"})
        assert cancelled.status_code == 200, cancelled.text
    await desk.send("PATCH", call, {"flags": []})
    answer = await desk.send("POST", f"{call}/close", {"reason": "spam"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "heard")


async def test_the_clock_waits_for_an_urgent_step_and_takes_the_words_of_the_tasks_with_those_of_the_call(
    intake, desk
):
    call = await desk.start(text=WORDS, flags=["immediate_danger"])
    await pass_days(intake, 91)
    assert (await desk.view(call))["text"] == WORDS
    steps = [one["id"] for one in await desk.tasks(call) if one["kind"] == "urgent-step"]
    paths = [f"/v1/tasks/{step}" for step in steps]  # the clock may have called for a review before
    for path in paths:
        written = await desk.send("PUT", path, {"kind": "urgent-step", "text": WORDS})
        assert written.status_code == 200, written.text
        assert (await desk.send("POST", f"{path}/complete")).status_code == 200
    await pass_days(intake, 182)
    assert ((await desk.view(call))["state"], (await desk.view(call))["text"]) == ("cleared", None)
    assert [(await desk.send("GET", path)).json()["text"] for path in paths] == [None, None]
