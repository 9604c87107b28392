"""Holds as far as a certificate shows them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import NotFound
from chassis.rows import RowReader

_HOLD = text("select until, placed_at, lifted_at from intake.holds where id = :id")
_OF_CASE = text("select until, placed_at, lifted_at from intake.holds where id = :id and case_id = :case")


@dataclass(frozen=True, slots=True)
class CertifiedHold:
    until: datetime
    placed_at: datetime
    lifted_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        return self.lifted_at is None and now < self.until


_READER = RowReader(CertifiedHold)


async def hold_of(tx: Transaction, case_id: UUID, hold_id: UUID) -> CertifiedHold:
    """Raises NotFound."""
    found = _READER.first(await tx.execute(_OF_CASE, {"id": hold_id, "case": case_id}))
    if found is None:
        raise NotFound
    return found


async def any_hold(tx: Transaction, hold_id: UUID) -> CertifiedHold | None:
    """By the identifier alone, for who asks whether a certificate is genuine."""
    return _READER.first(await tx.execute(_HOLD, {"id": hold_id}))
