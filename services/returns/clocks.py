"""The clock of a journey: when she should have arrived and nobody has said so, both sides are alerted."""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind, no_act
from services.returns import use_cases
from services.returns.domain.states import Half
from services.returns.outgoing import OVERDUE


async def _overdue(tx: Transaction, item: WorkItem, _: Any) -> None:
    await use_cases.overdue(tx, UUID(item.payload["return_id"]), Half(item.payload["half"]))


def work() -> list[WorkKind]:
    return [WorkKind(OVERDUE, no_act, _overdue)]
