"""The cases that an organisation has, for whoever takes them over from it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import one_of
from services.intake.casefile.domain.case import HERE

_OF_ORGANISATION = text(
    f"select id from intake.cases where organisation = :organisation and state in {one_of(HERE)} order by id limit :limit"
)
_MOVED = (
    text("update intake.calls set organisation = :organisation where case_id = any(cast(:cases as uuid[]))"),
    text(
        "update intake.dependants set organisation = :organisation"
        " where case_id = any(cast(:cases as uuid[])) or dependant_id = any(cast(:cases as uuid[]))"
    ),
    text(
        "update intake.pairs set organisation = :organisation"
        " where first_id = any(cast(:cases as uuid[])) or second_id = any(cast(:cases as uuid[]))"
    ),
    text("update intake.tasks set organisation = :organisation where case_id = any(cast(:cases as uuid[]))"),
    text(
        "update intake.listed_cases set organisation = :organisation where case_id = any(cast(:cases as uuid[]))"
    ),
)


async def of_organisation(tx: Transaction, organisation: str, limit: int) -> list[UUID]:
    """The open and closed ones: a case that was handed over is another organisation's already."""
    asked = {"organisation": organisation, "limit": limit}
    return list((await tx.execute(_OF_ORGANISATION, asked)).scalars())


async def move_with_cases(tx: Transaction, case_ids: Sequence[UUID], organisation: str) -> None:
    """Move whatever stands under the organisation that has a case: its calls, its tasks, its places on lists, and
    what ties it to another case: that one is moved too, or is gone.
    """
    for statement in _MOVED:
        await tx.execute(statement, {"cases": list(case_ids), "organisation": organisation})
