"""Refused attempts on cases that exist: each is an access record, and a flood of them is a number.

The first ones of a minute are written singly for each actor; the others are counted, and said once when the minute is
over, on the case that was tried last.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database, Origin, Transaction
from chassis.identity.access import CaseRefused
from chassis.outbox import DueWork
from chassis.own_tables import ATTEMPTS
from chassis.tables import upsert_set
from chassis.work import WorkItem, WorkKind, no_act
from contracts.events.access import AttemptRefusedV1

KIND = "refused-attempts"
SINGLY = 20
"""The attempts of one actor in one minute that are written one by one."""
WINDOW = timedelta(minutes=1)

_COUNT = upsert_set(
    ATTEMPTS,
    without=["tries"],
    update={"tries": "t.tries + 1", "case_id": "excluded.case_id", "action": "excluded.action"},
    returning="t.tries",
)
_END = text(
    "delete from chassis.attempts where actor = :actor and organisation = :organisation and minute = :minute"
    " returning purpose, policy, case_id, action, tries"
)


async def note(database: Database, refused: CaseRefused) -> None:
    """Note the attempt in a transaction of its own, after the answer was given."""
    origin = refused.actor.origin()
    try:
        async with database.transaction(origin) as tx:
            await _note(tx, origin, refused)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        structlog.get_logger("chassis.web.attempts").error("attempt.not_logged", error=type(error).__name__)


async def _note(tx: Transaction, origin: Origin, refused: CaseRefused) -> None:
    minute = tx.now.replace(second=0, microsecond=0)
    who = {"actor": origin.actor, "organisation": origin.organisation, "minute": minute}
    tried = {"case_id": refused.case_id, "action": refused.action}
    more = {"purpose": origin.purpose, "policy": origin.policy}
    count = (await _COUNT.execute(tx, [{**who, **tried, **more}])).scalar_one()
    if count <= SINGLY:
        tx.say(AttemptRefusedV1(case_id=refused.case_id, action=refused.action))
    elif count == SINGLY + 1:
        payload = {**who, "minute": minute.isoformat()}
        key = f"{origin.actor} {origin.organisation} {minute.isoformat()}"
        tx.say(DueWork(KIND, key, payload, due_at=minute + WINDOW))


def attempts_work() -> WorkKind:
    async def finish(tx: Transaction, item: WorkItem, _: None) -> None:
        who = {**item.payload, "minute": datetime.fromisoformat(item.payload["minute"])}
        row = (await tx.execute(_END, who)).first()
        if row is None:
            return
        said = AttemptRefusedV1(case_id=row.case_id, action=row.action, count=row.tries - SINGLY)
        tx.say(said, origin=Origin(who["actor"], who["organisation"], row.purpose, row.policy))

    return WorkKind(KIND, no_act, finish)
