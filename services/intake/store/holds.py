"""Holds on removal that go with a person from her case to the one that whoever has her now was given."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing
from services.intake.domain.facts import HoldPlaced
from services.intake.store.tables import HOLDS

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
_PLACE = insert_missing(HOLDS, without=["lifted_at", "lifted_by"], key=["id"])


@dataclass(frozen=True, slots=True)
class TransferredCase:
    """The case that a transfer opened, and whose it is."""

    id: UUID
    organisation: str


_CASES = RowReader(TransferredCase)


async def case_of_transfer(tx: Transaction, referral_id: UUID) -> TransferredCase | None:
    """None where the recipient's case has not been heard of yet."""
    return _CASES.first(await tx.execute(_RECEIVED, {"referral": referral_id}))


async def carry(tx: Transaction, case_id: UUID, to: TransferredCase) -> list[HoldPlaced]:
    """Every hold of the case that is in force stands at the other one too. Those that are new there."""
    placed = []
    for hold in await tx.execute(_IN_FORCE, {"id": case_id, "now": tx.now}):
        hold_id = uuid5(to.id, str(hold.id))
        row = {"id": hold_id, "until": hold.until, "placed_at": hold.placed_at, "placed_by": hold.placed_by}
        if await _PLACE.write(tx, [row], case_id=to.id, organisation=to.organisation) == 1:
            placed.append(HoldPlaced(to.id, hold_id, hold.until))
    return placed
