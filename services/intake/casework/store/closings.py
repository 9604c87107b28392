"""The closings of a case, and what stands in the way of one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.rows import RowReader
from chassis.tables import insert_set
from services.intake.casefile.domain.custody import OFFERED
from services.intake.casefile.domain.received import ReceivedState
from services.intake.casefile.store import dependants, undertakings
from services.intake.casework.domain.tasks import TaskState
from services.intake.casework.store.tables import CLOSINGS

LINKED = "linked-case-open"
"""The block that gives way to a word: that who is linked with her stays."""
_CLOSE = insert_set(CLOSINGS, without=["resumed_for", "resumed_at", "resumed_by"])
_RESUME = text(
    "update intake.closings set resumed_for = :why, resumed_at = :now, resumed_by = :by"
    " where id = (select id from intake.closings where case_id = :case order by closed_at desc limit 1)"
)
_LAST = text("select * from intake.closings where case_id = :case order by closed_at desc limit 1")
_BLOCKS = text(
    f"""
    select 'tasks-open' as block where exists (
        select from intake.tasks where case_id = :case and state = '{TaskState.OPEN}')
    union all select 'transfer-offered' where exists (
        select from intake.cases where id = :case and transfer_state = any(cast(:offered as text[])))
    union all select 'request-unanswered' where exists (
        select from intake.disclosures
        where case_id = :case and state = '{ReceivedState.HELD}' and valid_until > clock_timestamp())
    union all select 'glass-unreviewed' where exists (
        select from intake.broken_glass where case_id = :case and review is null)
    union all (select distinct under_way.block from ({undertakings.BLOCKS}) as under_way order by 1)
    """
)


@dataclass(frozen=True, slots=True)
class CaseClosing:
    """The last closing of a case; `closed_for` and `resumed_for` are ciphertext."""

    id: UUID
    closed_for: str
    closed_at: datetime
    closed_by: str
    resumed_for: str | None
    resumed_at: datetime | None
    resumed_by: str | None


_CLOSINGS = RowReader(CaseClosing)


async def blocks(tx: Transaction, case_id: UUID) -> list[str]:
    """The codes of `case_block` of whatever somebody still waits for."""
    rows = await tx.execute(_BLOCKS, {"case": case_id, "offered": list(OFFERED)})
    linked = (await dependants.here(tx, [case_id])).get(case_id, 0)
    return [*rows.scalars(), *([LINKED] if linked else [])]


async def close(tx: Transaction, actor: Actor, case_id: UUID, closing_id: UUID, why: str) -> None:
    row = {"id": closing_id, "case_id": case_id, "organisation": actor.organisation, "closed_for": why}
    await _CLOSE.write(tx, [row], closed_at=tx.now, closed_by=actor.subject)


async def resume(tx: Transaction, actor: Actor, case_id: UUID, why: str) -> None:
    await tx.execute(_RESUME, {"case": case_id, "why": why, "now": tx.now, "by": actor.subject})


async def last(tx: Transaction, case_id: UUID) -> CaseClosing | None:
    return _CLOSINGS.first(await tx.execute(_LAST, {"case": case_id}))
