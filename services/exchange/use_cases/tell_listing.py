"""The whole listing once more: to a partner who has come, or come back, and every day to every partner who is there.

Topics are kept for thirty days: a partner who was away longer, or joins later, would else hear only of the changes
from then on.
"""

from datetime import timedelta
from typing import Any

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.work import PRIORITIES, WorkItem, WorkKind, no_act
from services.exchange.domain.listings import told
from services.exchange.outgoing import outgoing
from services.exchange.store import listings, partners

LISTING, DAILY = "listing", "daily"
EVERY = timedelta(days=1)


def whole_listing_due(tx: Transaction, cell: str) -> DueWork:
    """The work that tells one partner the whole listing, after everything else that waits for that partner."""
    return DueWork(
        LISTING, f"{cell}:{tx.now.isoformat()}", {"cell": cell}, lane=cell, priority=PRIORITIES[-1]
    )


def next_day(tx: Transaction) -> DueWork:
    return DueWork(LISTING, DAILY, due_at=tx.now + EVERY)


def listing_work(own_cell: str) -> WorkKind:
    async def finish(tx: Transaction, item: WorkItem, _result: Any) -> None:
        cell = item.payload.get("cell")
        if cell is not None:
            tx.say(*(outgoing(told(listing, cell, item.key)) for listing in await listings.every(tx)))
            return
        there = await partners.heard_since(tx, tx.now - EVERY)
        tx.say(next_day(tx), *(whole_listing_due(tx, cell) for cell in there if cell != own_cell))

    return WorkKind(LISTING, no_act, finish, recurs=next_day)
