"""Work: a leave begins and ends by its clock, and the cases of whoever is away follow it; what the cover took on goes back."""

from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind, no_act
from services.intake.casework.domain.leave import Leave, LeaveState
from services.intake.casework.outgoing import COVERS, LEAVE_CLOCK, covers_due
from services.intake.casework.store import leaves, tasks

ATTEMPTS = 1_000


def covering_work() -> list[WorkKind]:
    return [
        WorkKind(LEAVE_CLOCK, no_act, _strike, max_attempts=ATTEMPTS),
        WorkKind(COVERS, no_act, _follow, max_attempts=ATTEMPTS),
    ]


async def _strike(tx: Transaction, item: WorkItem, _: None) -> None:
    leave = await leaves.hold(tx, UUID(item.payload["leave_id"]))
    if leave is not None and (said := leave.strike_clock(tx.now)):
        await leaves.save(tx, leave, said)


async def _follow(tx: Transaction, item: WorkItem, _: None) -> None:
    """So many cases at once; what is not done yet is found again, because its covers are still others."""
    leave = await leaves.hold(tx, UUID(item.payload["leave_id"]))
    if leave is None:
        return
    changed = await leaves.follow_worker(tx, leave)
    if leave.state is LeaveState.ENDED:
        await _give_back(tx, leave, changed)
    if len(changed) == leaves.AT_ONCE:
        tx.say(covers_due(leave.id, f"{item.key}+"))


async def _give_back(tx: Transaction, leave: Leave, cases: list[UUID]) -> None:
    """The tasks that the cover took on in cases which they see no longer are those of the worker again."""
    for task in await tasks.of_worker_in(tx, leave.cover, cases):
        await tasks.save(tx, task, task.give_back(leave.worker))
