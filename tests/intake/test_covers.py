"""Whoever covers sees a case exactly as long as they cover in it, whatever happens to the case meanwhile."""

from tests.intake.making import bodies
from tests.intake.test_leaves import of_worker, plan, sees, settle
from tests.intake.test_tasks import assign


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
