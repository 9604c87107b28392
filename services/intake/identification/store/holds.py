"""Holds on removal, and their way with a person from her case to the one that her new organisation was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, update_set
from services.intake.identification.domain.facts import HoldPlaced
from services.intake.identification.domain.identification import Hold
from services.intake.identification.store.tables import HOLDS

_HOLDS = RowReader(Hold, HOLDS)
_OF_CASE = text(f"select {_HOLDS.columns()} from intake.holds where case_id = :id")
_ADD = insert_set(HOLDS, without=["lifted_at", "lifted_by"])
_LIFT = update_set(HOLDS, "lifted_at", "lifted_by", key=["id", "case_id"])
_RECEIVED = text(
    """
    select c.id, c.organisation from intake.disclosures d join intake.cases c on c.id = d.case_id
    where d.referral_id = :referral and d.kind = 'transfer'
    """
)
_IN_FORCE = text(
    "select id, until, placed_at, placed_by from intake.holds"
    " where case_id = :id and lifted_at is null and until > :now order by placed_at, id"
)
_HELD = text(
    "update intake.cases set hold_until = (select max(h.until) from intake.holds h"
    " where h.case_id = cases.id and h.lifted_at is null) where id = :id"
)
"""The case has until when it is on hold, so that a list finds it."""
_PLACE = insert_missing(HOLDS, without=["lifted_at", "lifted_by"], key=["id"])


@dataclass(frozen=True, slots=True)
class TransferredCase:
    """The case that a transfer opened, and the organisation that has it."""

    id: UUID
    organisation: str


_CASES = RowReader(TransferredCase)


async def of(tx: Transaction, case_id: UUID) -> dict[UUID, Hold]:
    return {hold.id: hold for hold in _HOLDS.all(await tx.execute(_OF_CASE, {"id": case_id}))}


async def add(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID, until: datetime) -> None:
    row = {"id": hold_id, "until": until, "placed_at": tx.now, "placed_by": actor.subject}
    await _ADD.write(tx, [row], case_id=case_id, organisation=actor.organisation)
    await tx.execute(_HELD, {"id": case_id})


async def lift(tx: Transaction, actor: Actor, case_id: UUID, hold_id: UUID) -> None:
    row = {"id": hold_id, "case_id": case_id, "lifted_at": tx.now, "lifted_by": actor.subject}
    await _LIFT.write(tx, [row])
    await tx.execute(_HELD, {"id": case_id})


async def case_of_transfer(tx: Transaction, referral_id: UUID) -> TransferredCase | None:
    """The case of a transfer; None where the recipient's case has not been heard of yet."""
    return _CASES.first(await tx.execute(_RECEIVED, {"referral": referral_id}))


async def share(
    tx: Transaction, case_id: UUID, others: Sequence[UUID], organisation: str
) -> list[HoldPlaced]:
    """Place the holds of a case that are in force on other cases of the same person, where none holds as long. Answers those
    that are new there.
    """
    placed: list[HoldPlaced] = []
    for other in others:
        theirs = await tx.execute(_IN_FORCE, {"id": other, "now": tx.now})
        longest = max((row.until for row in theirs), default=tx.now)
        placed += await carry(tx, case_id, TransferredCase(other, organisation), beyond=longest)
    return placed


async def carry(
    tx: Transaction, case_id: UUID, to: TransferredCase, *, beyond: datetime | None = None
) -> list[HoldPlaced]:
    """Carry the holds of the case that are in force to the other case: every one, or those that last beyond an instant.
    Answers those that are new there.
    """
    placed = []
    for hold in await tx.execute(_IN_FORCE, {"id": case_id, "now": tx.now}):
        if beyond is not None and hold.until <= beyond:
            continue
        hold_id = uuid5(to.id, str(hold.id))
        row = {"id": hold_id, "until": hold.until, "placed_at": hold.placed_at, "placed_by": hold.placed_by}
        if await _PLACE.write(tx, [row], case_id=to.id, organisation=to.organisation) == 1:
            placed.append(HoldPlaced(to.id, hold_id, hold.until))
    if placed:
        await tx.execute(_HELD, {"id": to.id})
    return placed
