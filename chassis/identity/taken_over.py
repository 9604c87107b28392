"""The column `organisation` of rows that hang on a case: whoever has the case, so that its lists are found by it. It follows where a
suspended organisation's case is taken over.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, TextClause, text

from chassis.database import Transaction
from chassis.events.subscription import Subscription
from chassis.identity.access import CASE_HOLDERS
from contracts.events.intake import CaseAssignedV1


def named_after_holder(table: Table, where: str = "true") -> TextClause:
    """The statement that has the rows `t` of `:cases` name whoever has the case. A row that names nobody stays so."""
    changed = ", updated_at = now()" if "updated_at" in table.c else ""
    return text(
        f"update {table.fullname} as t set organisation = held.organisation{changed} from {CASE_HOLDERS} as held"
        " where t.case_id = any(cast(:cases as uuid[])) and held.case_id = t.case_id"
        f" and t.organisation not in ('', held.organisation) and {where}"
    )


def taken_over(table: Table) -> Subscription[UUID, UUID]:
    """The subscription by which the rows of this table follow their cases, after the projection has."""
    follow = named_after_holder(table)

    async def save(tx: Transaction, cases: Sequence[UUID]) -> None:
        await tx.execute(follow, {"cases": list(cases)})

    return Subscription(
        handlers={CaseAssignedV1: _on_case_assigned},
        key=lambda event: event.case_id,
        load=_load,
        save=save,
        outgoing=lambda fact: fact,
    )


def _on_case_assigned(_case: UUID, _event: CaseAssignedV1, _now: datetime) -> Sequence[None]:
    return ()


async def _load(_tx: Transaction, cases: Sequence[UUID]) -> dict[UUID, UUID]:
    return {case_id: case_id for case_id in cases}
