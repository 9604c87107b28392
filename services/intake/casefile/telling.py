"""Work: cases that were closed before the others kept it (migration `chassis_0010`) are told of once more, a few at a time."""

from datetime import timedelta

from chassis.database import Transaction
from chassis.identity.closed import mark_closed
from chassis.outbox import DueWork
from chassis.work import WorkItem, WorkKind, no_act
from services.intake.casefile.domain.facts import CaseClosed
from services.intake.casefile.outgoing import outgoing
from services.intake.casefile.store import cases

KIND, KEY = "tell-closings", "all"
EVERY = timedelta(hours=1)
"""Again and again, because a release from before may still close cases beside this one."""
PIECE = 500


def telling_work() -> WorkKind:
    async def finish(tx: Transaction, _item: WorkItem, _result: None) -> None:
        found = await cases.untold_closings(tx, PIECE)
        await mark_closed(tx, found)
        tx.say(*(outgoing(CaseClosed(case_id)) for case_id in found))
        tx.say(_next(tx, timedelta() if len(found) == PIECE else EVERY))

    return WorkKind(KIND, no_act, finish, recurs=lambda tx: _next(tx, timedelta()))


def _next(tx: Transaction, after: timedelta) -> DueWork:
    return DueWork(KIND, KEY, due_at=tx.now + after)
