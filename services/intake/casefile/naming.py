"""Work: cases from before there were references are given one, and stand on the lists, a few at a time."""

from datetime import timedelta

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.work import WorkItem, WorkKind, no_act
from services.intake.casefile.store import listing, references

KIND, KEY = "name-cases", "all"
EVERY = timedelta(hours=1)
"""Again and again, because a release from before may still open cases beside this one."""
PIECE = 500


def naming_work() -> WorkKind:
    async def finish(tx: Transaction, _item: WorkItem, _result: None) -> None:
        found = await references.unnamed(tx, PIECE)
        await references.give(tx, found)
        more = len(found) == PIECE or await listing.catch_up(tx, PIECE)
        tx.say(_next(tx, timedelta() if more else EVERY))

    return WorkKind(KIND, no_act, finish, recurs=lambda tx: _next(tx, timedelta()))


def _next(tx: Transaction, after: timedelta) -> DueWork:
    return DueWork(KIND, KEY, due_at=tx.now + after)
