"""The two work kinds of a response clock: show that an answer is late, and let the offer expire."""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind
from services.referral import use_cases
from services.referral.domain.states import Half
from services.referral.outgoing import EXPIRE, REMIND


async def _nothing(_: WorkItem) -> None:
    """A clock needs nothing from outside; everything happens in `finish`."""


async def _remind(tx: Transaction, item: WorkItem, _: Any) -> None:
    await use_cases.remind(tx, UUID(item.payload["referral_id"]), Half(item.payload["half"]))


async def _expire(tx: Transaction, item: WorkItem, _: Any) -> None:
    await use_cases.expire(tx, UUID(item.payload["referral_id"]), Half(item.payload["half"]))


def work() -> list[WorkKind]:
    return [WorkKind(REMIND, _nothing, _remind), WorkKind(EXPIRE, _nothing, _expire)]
