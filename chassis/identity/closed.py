"""The word that a case is closed, so that nothing new leaves it (`chassis.case_access`)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import CaseClosed

TOLD_CLOSED = "(select case_id from chassis.case_access where closed)"
"""The cases that are marked as closed, for a statement of the service that decides it."""

_MARK = text("update chassis.case_access set closed = :closed where case_id = any(:keys)")
_CLOSED = text("select closed from chassis.case_access where case_id = :case_id")


async def is_closed(tx: Transaction, case_id: UUID | None) -> bool:
    """True from when this service has heard that the case was closed until it hears that it is resumed. None: no case is named."""
    return bool((await tx.execute(_CLOSED, {"case_id": case_id})).scalar())


async def mark_closed(tx: Transaction, case_ids: Iterable[UUID], *, closed: bool = True) -> None:
    """Write, in the transaction that decides it (intake), that the others are told so: by this mark it knows which closing is still to be told."""
    await tx.execute(_MARK, {"keys": list(case_ids), "closed": closed})


async def require_not_closed(tx: Transaction, case_id: UUID) -> None:
    """Whatever begins something new that leaves the case asks this; what protects her or ends something does not. Raises
    CaseClosed.
    """
    if await is_closed(tx, case_id):
        raise CaseClosed
