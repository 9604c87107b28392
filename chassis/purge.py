"""Rows that nobody will ask for again go once a day: old Idempotency-Keys, and parked events that were settled."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.own_tables import ParkedState
from chassis.work import WorkItem, WorkKind, no_act

KIND, KEY = "purge", "daily"
EVERY = timedelta(days=1)
KEYS_KEPT_DAYS, SETTLED_KEPT_DAYS = 7, 30

_PURGE = (
    text(f"delete from chassis.idempotency where created_at < now() - interval '{KEYS_KEPT_DAYS} days'"),
    text("delete from chassis.attempts where minute < now() - interval '1 day'"),
    text(
        f"delete from chassis.parked p where state <> '{ParkedState.WAITING}'"
        f" and parked_at < now() - interval '{SETTLED_KEPT_DAYS} days'"
        " and not exists (select 1 from chassis.marks m"
        " where m.source = p.source and m.stream = p.stream and (m.parked or m.ahead > m.sequence))"
    ),
)
"""A settled event stays while a redelivery, or its own turn, may still come: its row keeps it from running again."""


def purge_work() -> WorkKind:
    async def finish(tx: Transaction, _item: WorkItem, _result: Any) -> None:
        for statement in _PURGE:
            await tx.execute(statement)
        tx.say(next_purge(tx))

    return WorkKind(KIND, no_act, finish, recurs=next_purge)


def next_purge(tx: Transaction) -> DueWork:
    """The next purge, due in a day; saying it while it is due already changes nothing."""
    return DueWork(KIND, KEY, due_at=tx.now + EVERY)
