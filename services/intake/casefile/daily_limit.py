"""The limit of distinct cases that one person opens in a day. Beyond it nothing is refused, and a supervisor is told.

The holder of a stolen token reads as fast as possible; a worker in an emergency must not be stopped. The records of
reads are counted, whichever route wrote them, so that no route can forget to.
"""

from uuid import UUID

from chassis.database import EVERYBODY, Transaction
from chassis.outbox import OutboxRow
from chassis.service import Service
from contracts.events.access import RecordReadV1
from contracts.events.intake import LimitPassedV1
from services.intake.casefile.store import opened

OWN_LIST = "worklist"
"""The resource of names on a list, of cases of which the reader is a worker: every morning anew, and no sign of a theft."""


def _of_own(row: OutboxRow) -> bool:
    return RecordReadV1.model_validate_json(row.payload).resource == OWN_LIST


class DailyLimit:
    """Counts the cases of the cell's day. A service and an auditor open cases for others and are not counted."""

    def __init__(self, service: Service, limit: int) -> None:
        self._service, self._limit = service, limit

    async def note(self, tx: Transaction) -> None:
        """Count, at the end of a transaction."""
        read = sorted({row.stream for row in tx.rows if row.type == RecordReadV1.type and not _of_own(row)})
        if not read or tx.origin.rows_of == EVERYBODY:
            return
        actor, day = tx.origin.actor, self._service.today()
        count = await opened.count_with(tx, actor, day, read)
        if count > self._limit and await opened.passes(tx, actor, day):
            tx.say(LimitPassedV1(case_id=UUID(read[-1]), limit=self._limit))
