"""Holds on removal that go with a person from her case to the one that whoever has her now was given."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import text

from chassis.database import Transaction
from services.intake.domain.facts import HoldPlaced

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
_PLACE = text(
    """
    insert into intake.holds (id, case_id, organisation, until, placed_at, placed_by)
    values (:id, :case_id, :organisation, :until, :placed_at, :placed_by) on conflict (id) do nothing
    """
)


@dataclass(frozen=True, slots=True)
class TransferredCase:
    """The case that a transfer opened, and whose it is."""

    id: UUID
    organisation: str


async def case_of_transfer(tx: Transaction, referral_id: UUID) -> TransferredCase | None:
    """None where the recipient's case has not been heard of yet."""
    row = (await tx.execute(_RECEIVED, {"referral": referral_id})).first()
    return None if row is None else TransferredCase(row.id, row.organisation)


async def carry(tx: Transaction, case_id: UUID, to: TransferredCase) -> list[HoldPlaced]:
    """Every hold of the case that is in force stands at the other one too. Those that are new there."""
    placed = []
    for hold in await tx.execute(_IN_FORCE, {"id": case_id, "now": tx.now}):
        hold_id = uuid5(to.id, str(hold.id))
        row = {"case_id": to.id, "organisation": to.organisation, "placed_at": hold.placed_at}
        done = await tx.execute(
            _PLACE, {**row, "id": hold_id, "until": hold.until, "placed_by": hold.placed_by}
        )
        if done.rowcount == 1:
            placed.append(HoldPlaced(to.id, hold_id, hold.until))
    return placed
