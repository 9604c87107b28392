"""Work: a hold on removal goes with the person to the organisation that has her case now, so that no hand-over ends one."""

from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind, WorkPostponed, no_act
from services.intake.casefile.outgoing import CARRY_HOLDS
from services.intake.identification.outgoing import outgoing
from services.intake.identification.store import holds

SOON = 1.0
ATTEMPTS = 1_000
"""The case that was opened for the recipient is heard of by another topic, which may be late by as long as it likes."""


async def _carry(tx: Transaction, item: WorkItem, _: None) -> None:
    """Carry the holds. The existence of a hold is no word about her: it says until when, and never why."""
    received = await holds.case_of_transfer(tx, UUID(item.payload["referral_id"]))
    if received is None:
        raise WorkPostponed(SOON)
    for hold in await holds.carry(tx, UUID(item.payload["case_id"]), received):
        tx.say(outgoing(hold))


def carrying_work() -> WorkKind:
    return WorkKind(CARRY_HOLDS, no_act, _carry, max_attempts=ATTEMPTS)
