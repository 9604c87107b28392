"""The two work kinds of a response clock: show that an answer is late, and let the offer expire."""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind, no_act
from services.referral import use_cases
from services.referral.domain.states import Half
from services.referral.outgoing import EXPIRE, REMIND


async def _remind(tx: Transaction, item: WorkItem, _: Any) -> None:
    await use_cases.remind(tx, UUID(item.payload["referral_id"]), Half(item.payload["half"]))


async def _expire(tx: Transaction, item: WorkItem, _: Any) -> None:
    await use_cases.expire(tx, UUID(item.payload["referral_id"]), Half(item.payload["half"]))


def work() -> list[WorkKind]:
    return [WorkKind(REMIND, no_act, _remind), WorkKind(EXPIRE, no_act, _expire)]
