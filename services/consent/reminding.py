"""The clock that tells whoever has her case that a consent ends soon, while there is time to ask her again."""

from datetime import timedelta

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.work import WorkItem, WorkKind, no_act
from services.consent.domain.case import EXPIRES
from services.consent.domain.facts import ConsentEnding
from services.consent.domain.record import ENDS_SOON
from services.consent.outgoing import outgoing
from services.consent.store import reminders

KIND, KEY = "remind", "all"
EVERY = timedelta(hours=1)
PIECE = 500


async def _remind(tx: Transaction, _: WorkItem, _result: None) -> None:
    """Of a consent for less than four weeks it is told when half of its time is over."""
    ending = await reminders.told(tx, ENDS_SOON, PIECE)
    tx.say(*(outgoing(ConsentEnding(*one, EXPIRES)) for one in ending))
    tx.say(_next(tx, timedelta() if len(ending) == PIECE else EVERY))


def reminder_work() -> WorkKind:
    return WorkKind(KIND, act=no_act, finish=_remind, recurs=lambda tx: _next(tx, timedelta()))


def _next(tx: Transaction, after: timedelta) -> DueWork:
    return DueWork(KIND, KEY, due_at=tx.now + after)
