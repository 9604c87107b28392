"""Whether the person of a case counts as a child, as intake last said it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction

UNKNOWN = "unknown"
"""The basis (code list `age_basis`) of a group that is only assumed."""

_KNOWN = text("select age_group from referral.age_groups where case_id = :case and basis <> :unknown")
_SAVE = text(
    """
    insert into referral.age_groups (case_id, age_group, basis)
    select * from unnest(cast(:cases as uuid[]), cast(:groups as text[]), cast(:bases as text[]))
    on conflict (case_id) do update set age_group = excluded.age_group, basis = excluded.basis
    """
)


@dataclass(slots=True)
class HeardAge:
    """The last of what a batch said of one case."""

    case_id: UUID
    age_group: str = ""
    basis: str = ""


async def known(tx: Transaction, case_id: UUID) -> str | None:
    """A code of `age_group`; None where nothing is known of her age."""
    row = (await tx.execute(_KNOWN, {"case": case_id, "unknown": UNKNOWN})).first()
    return None if row is None else str(row.age_group)


async def load(_: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, HeardAge]:
    return {case_id: HeardAge(case_id) for case_id in case_ids}


async def save(tx: Transaction, heard: Sequence[HeardAge]) -> None:
    columns = {
        "cases": [one.case_id for one in heard],
        "groups": [one.age_group for one in heard],
        "bases": [one.basis for one in heard],
    }
    await tx.execute(_SAVE, columns)
