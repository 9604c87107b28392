"""Whoever covers sees a case exactly as long as they cover in it, whatever happens to the case meanwhile."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from services.intake.casefile.store import received
from services.intake.casework import leave_use_cases
from services.intake.casework.store import leaves
from services.intake.rights import store
from tests.intake.making import AGENCY, bodies
from tests.intake.test_at_once import WHILE
from tests.intake.test_custody import a_move
from tests.intake.test_erasure import person_of
from tests.intake.test_leaves import act, of_worker, plan, planned, sees, settle, who, worklist
from tests.intake.test_tasks import assign, raised
from tests.listing import staff_changed, staff_of


async def access(intake):
    """The workers of the one case as every service keeps them."""
    async with intake.service.database.engine.connect() as conn:
        await conn.execute(text("select set_config('corridor.organisation', '*', true)"))
        (workers,) = (await conn.execute(text("select workers from chassis.case_access"))).scalars()
    return workers


async def test_a_case_that_is_assigned_anew_during_a_leave_is_covered_still_and_every_service_hears_it(
    intake,
):
    case_id, _ = await of_worker(intake), await plan(intake)
    for workers in (["th.worker"], ["th.worker", "th.other-worker"]):
        await assign(intake, case_id, *workers)
        await settle(intake)
        assert await sees(intake, "th.colleague", case_id)
        last = bodies(await intake.said(), "case.covered.v1")[-1]
        assert (last["workers"], last["covers"]) == (workers, ["th.colleague"])
    await assign(intake, case_id, "th.other-worker")
    await settle(intake)
    assert not await sees(intake, "th.colleague", case_id)


@pytest.mark.parametrize("state", ["handed_over", "erased"])
async def test_nobody_covers_in_a_case_that_is_gone_and_every_service_hears_it(intake, state):
    case_id, _ = await of_worker(intake), await plan(intake)
    assert await access(intake) == ["th.worker", "th.colleague"]
    if state == "erased":
        async with intake.service.database.transaction(intake.service.database.system()) as tx:
            assert await received.erase(tx, case_id, await person_of(intake, case_id))
    else:
        for moved in ("requested", "received", "accepted"):
            await intake.deliver(a_move(case_id, moved))
    await settle(intake)
    last = bodies(await intake.said(), "case.covered.v1")[-1]
    assert (last["workers"], last["covers"]) == (["th.worker"], [])
    assert await access(intake) == ["th.worker"]
    assert await worklist(intake, "th.colleague") == set()


async def test_a_cover_goes_with_the_next_look_at_the_case_also_where_nobody_is_away_any_more(intake):
    case_id, _ = await of_worker(intake), await plan(intake)
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        await tx.execute(text("update intake.leaves set state = 'ended', ended_at = now()"))
        await leaves.follow_case(tx, case_id)
    assert await access(intake) == ["th.worker"]


async def test_a_case_that_is_left_out_while_its_covers_are_found_is_not_given_to_the_cover_after_all(
    intake, monkeypatch
):
    case_id, leave = await of_worker(intake), await plan(intake, first=2)
    database, begun = intake.service.database, asyncio.Event()
    async with database.transaction(database.system()) as tx:
        await tx.execute(text("update intake.leaves set state = 'running'"))
    follow = leaves.follow_case

    async def at_leisure(tx, one):
        await follow(tx, one)
        begun.set()
        await asyncio.sleep(WHILE)

    async def meanwhile():
        await begun.wait()
        async with database.transaction(database.system()) as tx:
            await leaves.follow_worker(tx, planned())  # another leave of the same worker begins

    monkeypatch.setattr(leave_use_cases.leaves, "follow_case", at_leisure)
    left_out = act(intake, leave, "exclude", case_id=str(case_id))
    answer, _ = await asyncio.gather(left_out, meanwhile())
    assert (answer.status_code, await sees(intake, "th.colleague", case_id)) == (200, False)


async def taken(intake, case_id):
    return await raised(intake, who(intake, "th.colleague"), case_id=str(case_id), worker="th.colleague")


async def has(intake, task):
    answer = await intake.client.get(f"/v1/tasks/{task}", headers=intake.as_("supervisor"))
    return answer.json()["worker"]


async def test_what_the_cover_took_on_is_the_workers_again_where_the_case_is_left_out(intake):
    left, kept, leave = await of_worker(intake), await of_worker(intake), await plan(intake)
    task, other = await taken(intake, left), await taken(intake, kept)
    await act(intake, leave, "exclude", case_id=str(left))
    assert (await has(intake, task), await has(intake, other)) == ("th.worker", "th.colleague")


@pytest.mark.parametrize("end", ["the clock", "a person"])
async def test_what_the_cover_took_on_is_the_workers_again_whatever_is_done_first_at_the_end(intake, end):
    case_id, leave = await of_worker(intake), await plan(intake)
    task = await taken(intake, case_id)
    if end == "the clock":  # it struck; the case is looked through before its covers follow
        async with intake.service.database.transaction(intake.service.database.system()) as tx:
            await tx.execute(text("update intake.leaves set state = 'ended', ended_at = now()"))
        await assign(intake, case_id, "th.worker", "th.other-worker")
    else:  # and the case was assigned anew during the leave
        await assign(intake, case_id, "th.worker", "th.other-worker")
        await settle(intake)
        await act(intake, leave, "end")
    await settle(intake)
    assert await has(intake, task) == "th.worker"


async def test_a_supervisor_who_covered_keeps_the_task_that_was_theirs_before(intake):
    case_id, supervisor = await of_worker(intake), "th.other-supervisor"
    theirs = {"case_id": str(case_id), "worker": supervisor}
    before = await raised(intake, intake.as_("supervisor"), **theirs)
    leave = await plan(intake, cover=supervisor)
    taken_on = await raised(intake, intake.as_("supervisor", sub=supervisor), **theirs)
    await act(intake, leave, "end")
    assert (await has(intake, before), await has(intake, taken_on)) == (supervisor, "th.worker")


async def test_what_the_cover_took_on_for_somebody_who_left_the_organisation_is_nobodys(intake):
    case_id, _ = await of_worker(intake), await plan(intake)
    task = await taken(intake, case_id)
    here = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.worker"}
    await intake.deliver(staff_changed(AGENCY, here))
    await settle(intake)
    assert [one["reason"] for one in bodies(await intake.said(), "leave.ended.v1")] == ["worker-left"]
    assert await has(intake, task) is None


async def test_the_cover_is_shown_the_same_before_and_after_a_case_is_left_out(intake):
    case_id, leave = await of_worker(intake), await plan(intake)

    async def shown():
        return (await intake.client.get("/v1/leaves", headers=who(intake, "th.colleague"))).json()

    before = await shown()
    for verb in ("exclude", "include"):
        assert (await act(intake, leave, verb, case_id=str(case_id))).status_code == 200
        assert await shown() == before


async def exclude(intake, leave, case_id, headers=None, verb="exclude"):
    answer = await act(intake, leave, verb, headers, case_id=str(case_id))
    return answer.status_code, answer.json().get("errors", [answer.json()])[0].get("code")


async def test_a_case_is_left_out_only_where_that_keeps_the_cover_from_it_and_never_by_the_cover(intake):
    case_id = await of_worker(intake, "th.colleague")
    other, supervisor = await plan(intake), intake.as_("supervisor", sub="th.other-supervisor")
    sees_all = await plan(intake, cover="th.other-supervisor")
    refused = (422, "cover-sees-anyway")
    assert [await exclude(intake, one, case_id) for one in (other, sees_all)] == [refused] * 2
    by_cover = [await exclude(intake, sees_all, case_id, supervisor, verb) for verb in ("exclude", "include")]
    assert by_cover == [(403, "forbidden")] * 2
    items = (await intake.client.get("/v1/leaves", headers=supervisor)).json()["items"]
    assert {one["cover"]: (one["left_out"], len(one["moves"])) for one in items} == {
        "th.colleague": ([], 3),
        "th.other-supervisor": ([], 1),
    }
    officer = await plan(intake, cover="th.officer")
    assert (officer.status_code, officer.json()["errors"][0]["code"]) == (422, "cannot-care")


async def test_what_is_left_out_is_kept_from_the_cover_in_every_leave_until_it_is_put_back(intake):
    case_id = await of_worker(intake, "th.other-worker")
    leave, _ = await plan(intake), await plan(intake, worker="th.other-worker")
    assert await exclude(intake, leave, case_id) == (200, None)
    assert not await sees(intake, "th.colleague", case_id)  # who covers for the other of its workers too
    await act(intake, leave, "end")
    longer = await plan(intake)
    assert not await sees(intake, "th.colleague", case_id)
    headers = intake.as_("supervisor")
    items = (await intake.client.get("/v1/leaves", headers=headers)).json()["items"]
    assert [one["left_out"] for one in items] == [[str(case_id)]] * 3
    assert await exclude(intake, longer, case_id, verb="include") == (200, None)
    assert await sees(intake, "th.colleague", case_id)


async def test_who_is_kept_from_one_case_of_hers_is_kept_from_each_that_is_merged_with_it(intake):
    lead, second, third = hers = [await of_worker(intake) for _ in range(3)]
    leave, supervisor = await plan(intake), intake.as_("supervisor")
    opened = await intake.client.post(
        f"/v1/cases/{lead}/dependants",
        json={"relation": "child"},
        headers={**intake.as_("screening_officer"), "If-Match": "*"},
    )
    family = [*hers, UUID(opened.json()["id"])]
    await settle(intake)

    async def decide(other, decision):
        path, body = (
            f"/v1/cases/{lead}/duplicates/{other}/decision",
            {"decision": decision, "reason": "own-word"},
        )
        answer = await intake.client.post(path, json=body, headers={**supervisor, "If-Match": "*"})
        assert answer.status_code == 200, answer.text
        await settle(intake)

    async def seen():
        return [await sees(intake, "th.colleague", case_id) for case_id in family]

    await decide(second, "same-person")
    assert await exclude(intake, leave, second) == (200, None)
    assert await seen() == [False, False, True, False]
    await decide(third, "same-person")
    assert await seen() == [False, False, False, False]
    (one,) = (await intake.client.get("/v1/leaves", headers=supervisor)).json()["items"]
    assert one["left_out"] == sorted(map(str, family))
    await decide(second, "different-persons")
    assert await seen() == [True, False, True, True]
    await decide(second, "same-person")
    assert await exclude(intake, leave, second, verb="include") == (200, None)
    assert await seen() == [True, True, True, True]


async def test_a_task_of_whoever_is_away_is_told_to_the_one_who_covers_in_its_case_and_else_to_the_worker(
    intake,
):
    both, one, none = [await of_worker(intake) for _ in range(3)]
    leaves_of = [await plan(intake), await plan(intake, cover="th.other-worker")]
    for leave, cases in zip(leaves_of, ([one, none], [none]), strict=True):
        for case_id in cases:
            assert await exclude(intake, leave, case_id) == (200, None)
    for case_id in (both, one, none):
        await raised(intake, intake.as_("supervisor"), case_id=str(case_id), worker="th.worker")
    told = [one["told"] for one in bodies(await intake.said(), "task.raised.v1")]
    assert told == ["th.worker", "th.other-worker", "th.worker"]


async def test_that_a_case_was_left_out_goes_with_her(intake):
    case_id, leave = await of_worker(intake), await plan(intake)
    assert await exclude(intake, leave, case_id) == (200, None)
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        assert await store.erase(tx, case_id, await person_of(intake, case_id))
        assert (await tx.execute(text("select count(*) from intake.left_out"))).scalar_one() == 0
