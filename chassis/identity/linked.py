"""The word that a case may go to others although somebody who is linked with it as a dependant stays (`chassis.case_access`)."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import LinkedCaseOpen

_LINKED = text("select linked from chassis.case_access where case_id = :case_id")


async def has_linked_case(tx: Transaction, case_id: UUID) -> bool:
    """True where somebody who is linked with this person is in an open case."""
    return bool((await tx.execute(_LINKED, {"case_id": case_id})).scalar())


async def require_no_linked_case(tx: Transaction, case_id: UUID, *, stays: bool) -> None:
    """Nobody is handed over away from somebody who is linked with them, unless it was said that this one stays. Raises
    LinkedCaseOpen.
    """
    if not stays and await has_linked_case(tx, case_id):
        raise LinkedCaseOpen
