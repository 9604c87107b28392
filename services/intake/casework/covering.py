"""Work: a leave begins and ends by its clock, and the cases of whoever is away follow it; what the cover took on goes back."""

from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind, no_act
from services.intake.casework.domain.leave import LeaveState
from services.intake.casework.leave_use_cases import give_back_tasks
from services.intake.casework.outgoing import COVERS, LEAVE_CLOCK, covers_due
from services.intake.casework.store import leaves

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
    more = await leaves.follow_worker(tx, leave)
    if more:
        tx.say(covers_due(leave.id, f"{item.key}+"))
    elif leave.state is LeaveState.ENDED:
        await give_back_tasks(tx, leave)
