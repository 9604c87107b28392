"""How many distinct cases one person opens in a day. Beyond the limit nothing is refused, and a supervisor is told.

Whoever has a stolen token reads as fast as they can; whoever works in an emergency must not be stopped. Counted is what is
said as read, whichever route it was, so that no route can forget it.
"""

from uuid import UUID

from sqlalchemy import text

from chassis.database import EVERYBODY, Transaction
from chassis.service import Service
from contracts.events.access import RecordReadV1
from contracts.events.intake import LimitPassedV1

_OPENED = text(
    """
    insert into intake.opened_cases (actor, day, case_id)
    select :actor, :day, c from unnest(cast(:cases as uuid[])) c on conflict do nothing
    """
)
_COUNT = text("select count(*) from intake.opened_cases where actor = :actor and day = :day")
_PASSED = text("insert into intake.limits_passed (actor, day) values (:actor, :day) on conflict do nothing")
_FORGET = text("delete from intake.opened_cases where actor = :actor and day < :day")


class DailyLimit:
    """Of the cell's day. A service and an auditor open cases for others and are not counted."""

    def __init__(self, service: Service, limit: int) -> None:
        self._service, self._limit = service, limit

    async def note(self, tx: Transaction) -> None:
        """At the end of a transaction."""
        read = sorted({row.stream for row in tx.rows if row.type == RecordReadV1.type})
        if not read or tx.origin.rows_of == EVERYBODY:
            return
        who = {"actor": tx.origin.actor, "day": self._service.today()}
        if (await tx.execute(_OPENED, {**who, "cases": read})).rowcount == 0:
            return
        count = (await tx.execute(_COUNT, who)).scalar_one()
        if count == len(read):
            await tx.execute(_FORGET, who)
        if count > self._limit and (await tx.execute(_PASSED, who)).rowcount == 1:
            tx.say(LimitPassedV1(case_id=UUID(read[-1]), limit=self._limit))
