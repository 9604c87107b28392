"""The age group of a case's person, child or adult, as intake last said it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import upsert_set
from services.referral.store.tables import AGE_GROUPS

UNKNOWN = "unknown"
"""The basis (code list `age_basis`) of a group that is only assumed."""

_KNOWN = text("select age_group from referral.age_groups where case_id = :case and basis <> :unknown")
_SAVE = upsert_set(AGE_GROUPS)
_FORGET = text("delete from referral.age_groups where case_id = any(cast(:cases as uuid[]))")


@dataclass(slots=True)
class HeardAge:
    """The last age group that a batch said of one case; None: she is erased, and it is not kept."""

    case_id: UUID
    age_group: str | None = None
    basis: str | None = None

    def forget(self) -> None:
        self.age_group = self.basis = None


async def known(tx: Transaction, case_id: UUID) -> str | None:
    """A code of `age_group`; None where nothing is known of her age."""
    row = (await tx.execute(_KNOWN, {"case": case_id, "unknown": UNKNOWN})).first()
    return None if row is None else str(row.age_group)


async def load(_: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, HeardAge]:
    return {case_id: HeardAge(case_id) for case_id in case_ids}


async def save(tx: Transaction, heard: Sequence[HeardAge]) -> None:
    await _SAVE.write(tx, [one for one in heard if one.age_group is not None])
    if forgotten := [one.case_id for one in heard if one.age_group is None]:
        await tx.execute(_FORGET, {"cases": forgotten})
