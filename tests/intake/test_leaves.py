"""A worker is away and a colleague covers: their cases and tasks go to the cover, and back by themselves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.casework.domain import facts
from services.intake.casework.domain.leave import MOVES, Absence, Leave, LeaveState, LeaveVerb
from tests.intake.making import AGENCY, bodies, open_case
from tests.intake.test_tasks import assign, in_hours, raised
from tests.listing import staff_changed, staff_of

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)
AWAY = Absence("th.worker", "th.colleague", NOW + DAY, NOW + 8 * DAY)


def planned(absence=AWAY, now=NOW):
    return Leave.plan(UUID(int=1), AGENCY, absence, now)[0]


def said(found):
    return [type(fact).__name__ for fact in found]


def test_a_leave_begins_and_is_over_by_its_clock_once():
    leave, first = Leave.plan(UUID(int=1), AGENCY, AWAY, NOW)
    assert said(first) == ["LeavePlanned", "LeaveClockDue", "LeaveClockDue"]
    assert leave.strike_clock(NOW) == []
    assert said(leave.strike_clock(NOW + DAY)) == ["LeaveBegun", "CoversDue"]
    assert leave.strike_clock(NOW + DAY) == []
    assert leave.strike_clock(NOW + 8 * DAY)[0] == facts.LeaveEnded(leave.about(), "over")
    assert (leave.strike_clock(NOW + 9 * DAY), leave.state) == ([], LeaveState.ENDED)


def test_a_leave_whose_clocks_struck_late_is_over_and_never_begins():
    leave = planned()
    assert said(leave.strike_clock(NOW + 9 * DAY)) == ["LeaveEnded", "CoversDue"]


def test_who_is_ill_today_is_covered_for_at_once():
    _, first = Leave.plan(
        UUID(int=1), AGENCY, Absence("th.worker", "th.colleague", NOW - DAY, NOW + DAY), NOW
    )
    assert said(first)[-2:] == ["LeaveBegun", "CoversDue"]


@pytest.mark.parametrize("state", LeaveState)
@pytest.mark.parametrize("verb", LeaveVerb)
def test_a_leave_that_has_ended_is_moved_by_nobody(state, verb):
    leave = planned()
    leave.state = state
    assert leave.passes(verb) == (state is not LeaveState.ENDED) == (verb in MOVES[state])
    if not leave.passes(verb):
        with pytest.raises(WrongMove):
            leave.require(verb)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cover": "th.worker"}, "own-cover"),
        ({"ends_at": NOW}, "time-is-over"),
        ({"ends_at": NOW + timedelta(hours=12)}, "time-is-over"),
        ({"ends_at": NOW + 400 * DAY}, "too-far"),
    ],
)
def test_nobody_covers_for_themselves_in_the_past_or_for_ever(changes, code):
    values = {
        "worker": "th.worker",
        "cover": "th.colleague",
        "starts_at": NOW + DAY,
        "ends_at": NOW + 8 * DAY,
    }
    with pytest.raises(CommandRefused) as refused:
        planned(Absence(**{**values, **changes}))
    assert refused.value.code == code


def day(days):
    return (datetime.now(UTC) + days * DAY).date().isoformat()


def who(intake, name):
    return intake.as_("case_worker", sub=name)


async def plan(intake, headers=None, first=0, last=7, **changes):
    """From today on, so that it runs at once."""
    body = {"worker": "th.worker", "cover": "th.colleague", "first_day": day(first), "last_day": day(last)}
    headers = headers or intake.as_("supervisor")
    answer = await intake.client.post("/v1/leaves", json={**body, **changes}, headers=headers)
    if answer.status_code == 201:
        await settle(intake)
    return answer


async def settle(intake):
    for _ in range(3):
        await intake.work()


async def act(intake, leave, verb, headers=None, **body):
    path = f"/v1/leaves/{leave.json()['id']}/{verb}"
    answer = await intake.client.post(path, json=body or None, headers=headers or intake.as_("supervisor"))
    await settle(intake)
    return answer


async def sees(intake, name, case_id):
    return (await intake.client.get(f"/v1/cases/{case_id}", headers=who(intake, name))).status_code == 200


async def worklist(intake, name):
    listing = await intake.client.get("/v1/cases", headers=who(intake, name))
    return {UUID(one["id"]) for one in listing.json()["items"]}


async def of_worker(intake, *more):
    case_id = await open_case(intake)
    await assign(intake, case_id, "th.worker", *more)
    await settle(intake)
    return case_id


async def test_the_cover_sees_and_works_on_the_cases_under_their_own_name_until_the_leave_is_ended(intake):
    case_id = await of_worker(intake)
    assert not await sees(intake, "th.colleague", case_id)
    leave = await plan(intake)
    cover = who(intake, "th.colleague")
    assert (await sees(intake, "th.colleague", case_id), await sees(intake, "th.worker", case_id)) == (
        True,
        True,
    )
    assert await worklist(intake, "th.colleague") == {case_id}
    note = {"category": "call", "text": "She called from the shelter"}
    wrote = await intake.client.post(f"/v1/cases/{case_id}/notes", json=note, headers=cover)
    view = (await intake.client.get(f"/v1/cases/{case_id}", headers=cover)).json()
    assert (wrote.status_code, view["workers"], view["covers"]) == (201, ["th.worker"], ["th.colleague"])
    read = text("select distinct actor from chassis.outbox where type = 'record.read.v1'")
    async with intake.service.database.engine.connect() as conn:
        assert set((await conn.execute(read)).scalars()) == {"th.colleague", "th.worker"}
    assert (await act(intake, leave, "end", who(intake, "th.worker"))).status_code == 200
    assert (await sees(intake, "th.colleague", case_id), await sees(intake, "th.worker", case_id)) == (
        False,
        True,
    )
    assert await worklist(intake, "th.colleague") == set()
    covered = [(one["workers"], one["covers"]) for one in bodies(await intake.said(), "case.covered.v1")]
    assert covered == [(["th.worker"], ["th.colleague"]), (["th.worker"], [])]


async def test_what_is_assigned_or_opened_meanwhile_is_covered_too_and_is_the_workers_afterwards(intake):
    leave = await plan(intake)
    given = await of_worker(intake)
    opened = await open_case(intake, who(intake, "th.worker"), channel="self-referral")
    await settle(intake)
    assert await worklist(intake, "th.colleague") == {given, opened}
    await assign(intake, opened, "th.other-worker")
    await settle(intake)
    assert await worklist(intake, "th.colleague") == {given}
    await act(intake, leave, "end")
    assert (await worklist(intake, "th.colleague"), await worklist(intake, "th.worker")) == (set(), {given})


async def test_tasks_and_their_reminders_go_to_the_cover_and_back(intake):
    case_id = await of_worker(intake)
    theirs = await raised(intake, who(intake, "th.worker"), case_id=str(case_id), worker="th.worker")
    leave, cover = await plan(intake), who(intake, "th.colleague")
    mine = (await intake.client.get("/v1/tasks?mine=true", headers=cover)).json()["items"]
    assert [one["id"] for one in mine] == [str(theirs)]
    new = {"case_id": str(case_id), "worker": "th.worker", "due_at": in_hours(3)}
    await raised(intake, intake.as_("supervisor"), **new)
    taken = await raised(intake, cover, case_id=str(case_id), worker="th.colleague")
    told = [one["told"] for one in bodies(await intake.said(), "task.raised.v1")]
    assert told == [None, "th.colleague", None]
    await act(intake, leave, "end")
    task = (await intake.client.get(f"/v1/tasks/{taken}", headers=who(intake, "th.worker"))).json()
    assert task["worker"] == "th.worker"
    assert (await intake.client.get("/v1/tasks?mine=true", headers=cover)).json()["items"] == []


async def test_a_case_that_a_supervisor_leaves_out_is_not_seen_by_the_cover_who_is_not_told_which(intake):
    complained, other = await of_worker(intake), await of_worker(intake)
    leave, supervisor = await plan(intake), intake.as_("supervisor")
    body = {"case_id": str(complained)}
    refused = [
        (await act(intake, leave, "exclude", who(intake, name), **body)).status_code
        for name in ("th.worker", "th.colleague")
    ]
    assert refused == [403, 403]
    assert (await act(intake, leave, "exclude", **body)).status_code == 200
    assert (await sees(intake, "th.colleague", complained), await sees(intake, "th.colleague", other)) == (
        False,
        True,
    )
    assert await worklist(intake, "th.colleague") == {other}
    await assign(
        intake, complained, "th.worker", "th.other-worker"
    )  # another assignment does not bring them back
    await settle(intake)
    assert not await sees(intake, "th.colleague", complained)
    shown = {}
    for name, headers in (("cover", who(intake, "th.colleague")), ("supervisor", supervisor)):
        (one,) = (await intake.client.get("/v1/leaves", headers=headers)).json()["items"]
        shown[name] = (one["left_out"], [move["verb"] for move in one["moves"]])
    assert shown == {
        "cover": ([], []),
        "supervisor": ([str(complained)], ["end_leave", "exclude_case", "include_case"]),
    }
    assert (await act(intake, leave, "include", **body)).status_code == 200
    assert await sees(intake, "th.colleague", complained)


async def test_who_is_kept_from_a_mother_is_kept_from_her_child_for_as_long_as_the_two_are_linked(intake):
    mother, leave, supervisor = await of_worker(intake), await plan(intake), intake.as_("supervisor")
    await act(intake, leave, "exclude", case_id=str(mother))
    worker, beside = who(intake, "th.worker"), f"/v1/cases/{mother}/dependants"
    opened = await intake.client.post(beside, json={"relation": "child"}, headers=worker)
    child = UUID(opened.json()["id"])
    await settle(intake)
    assert (await sees(intake, "th.worker", child), await sees(intake, "th.colleague", child)) == (
        True,
        False,
    )
    (one,) = (await intake.client.get("/v1/leaves", headers=supervisor)).json()["items"]
    assert sorted(one["left_out"]) == sorted([str(mother), str(child)])
    (link,) = (await intake.client.get(beside, headers=worker)).json()["items"]
    ended = await intake.client.post(
        f"{beside}/{link['id']}/unlink", json={"reason": "entered-in-error"}, headers=worker
    )
    assert ended.status_code == 200, ended.text
    await settle(intake)
    assert (await sees(intake, "th.colleague", child), await sees(intake, "th.colleague", mother)) == (
        True,
        False,
    )
    again = {"other_case_id": str(child), "relation": "child"}
    await intake.client.post(f"{beside}/link", json=again, headers=worker)
    await settle(intake)
    assert not await sees(intake, "th.colleague", child)


async def test_a_child_whose_mother_is_left_out_afterwards_is_left_out_with_her(intake):
    mother, leave = await of_worker(intake), await plan(intake)
    beside = f"/v1/cases/{mother}/dependants"
    opened = await intake.client.post(beside, json={"relation": "child"}, headers=who(intake, "th.worker"))
    child = UUID(opened.json()["id"])
    await settle(intake)
    seen = [await sees(intake, "th.colleague", child)]
    for verb in ("exclude", "include"):
        await act(intake, leave, verb, case_id=str(mother))
        seen.append(await sees(intake, "th.colleague", child))
    assert seen == [True, False, True]


async def test_two_cover_and_what_one_of_them_is_not_shown_the_other_is(intake):
    case_id, leave = await of_worker(intake), await plan(intake)
    await plan(intake, cover="th.other-worker")
    await act(intake, leave, "exclude", case_id=str(case_id))
    assert (await sees(intake, "th.colleague", case_id), await sees(intake, "th.other-worker", case_id)) == (
        False,
        True,
    )
    again = await plan(intake, cover="th.other-worker", first=3)
    assert (again.status_code, again.json()["code"]) == (409, "already-there")


async def test_a_cover_who_leaves_the_organisation_covers_no_longer_and_the_supervisors_are_told(intake):
    case_id, _ = await of_worker(intake), await plan(intake)
    here = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.colleague"}
    await intake.deliver(staff_changed(AGENCY, here))
    await settle(intake)
    assert [one["reason"] for one in bodies(await intake.said(), "leave.ended.v1")] == ["cover-left"]
    async with intake.service.database.engine.connect() as conn:
        await conn.execute(text("select set_config('corridor.organisation', '*', true)"))
        workers = (await conn.execute(text("select workers from chassis.case_access"))).scalars().all()
    assert (workers, await sees(intake, "th.worker", case_id)) == ([["th.worker"]], True)


async def test_a_leave_is_planned_by_whoever_is_away_or_a_supervisor_and_covered_by_somebody_who_is_there(
    intake,
):
    await plan(intake, worker="th.other-worker", cover="th.case_worker")
    tried = [
        await plan(intake, who(intake, "th.colleague")),
        await plan(intake, cover="th.gone"),
        await plan(intake, cover="th.other-worker"),
    ]
    codes = [answer.json().get("errors", [answer.json()])[0]["code"] for answer in tried]
    assert codes == ["forbidden", "not-listed", "cover-is-away"]
    own = await plan(intake, who(intake, "th.worker"), worker=None, first=2)
    assert own.status_code == 201
    others = [
        await act(intake, own, "end", who(intake, name)) for name in ("th.colleague", "th.other-worker")
    ]
    assert [answer.status_code for answer in others] == [403, 404]
    unknown = await intake.client.post(f"/v1/leaves/{uuid4()}/end", headers=intake.as_("supervisor"))
    assert unknown.status_code == 404
