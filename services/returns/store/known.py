"""The state of each case as other services told it: age group, flags, holds, and the organisations that have accepted
her.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.returns.domain.case import CaseKnowledge
from services.returns.store.tables import KNOWN

_ENSURE = insert_missing(KNOWN, "case_id", "holds", "accepted")
_SAVE = update_set(KNOWN, "age_group", "flags", "holds", "accepted", "linked_at")
_KNOWLEDGE = RowReader(CaseKnowledge, KNOWN)
_READ = f"select {_KNOWLEDGE.columns()} from returns.known"
_LOAD = text(f"{_READ} where case_id = any(cast(:cases as uuid[])) order by case_id for update")
_ONE = text(f"{_READ} where case_id = :case")


async def load(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseKnowledge]:
    """The knowledge of these cases, locked. A row that does not exist cannot be locked: without it, what two services
    say of one case at once would be lost.
    """
    await _ENSURE.write(tx, [CaseKnowledge(case_id) for case_id in case_ids])
    return {one.case_id: one for one in _KNOWLEDGE.all(await tx.execute(_LOAD, {"cases": list(case_ids)}))}


async def save(tx: Transaction, cases: Sequence[CaseKnowledge]) -> None:
    await _SAVE.write(tx, cases)


async def of_case(tx: Transaction, case_id: UUID) -> CaseKnowledge:
    """The knowledge of a case as it is now; empty where the case has not arrived here yet."""
    known = _KNOWLEDGE.first(await tx.execute(_ONE, {"case": case_id}))
    return known or CaseKnowledge(case_id)
