"""The clock that tells whoever has her case that a consent ends soon, while there is time to ask her again."""

from datetime import timedelta

from sqlalchemy import text

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.tables import one_of
from chassis.work import WorkItem, WorkKind
from services.consent.domain.case import EXPIRES
from services.consent.domain.facts import ConsentEnding
from services.consent.domain.states import PERMITTING
from services.consent.outgoing import outgoing

KIND, KEY = "remind", "all"
EVERY = timedelta(hours=1)
LEAD = timedelta(days=14)
"""Before the end. Of a consent for less than four weeks it is told when half of its time is over."""
PIECE = 500

_TOLD = text(
    f"""
    with told as (
        insert into consent.reminders (consent_id, revision)
        select r.id, r.revision from consent.records r
        join consent.revisions v on v.consent_id = r.id and v.number = r.revision
        where r.state in {one_of(PERMITTING)} and r.valid_until > :now and r.valid_until <= :now + :lead
          and r.valid_until - :now <= (r.valid_until - (v.body ->> 'at')::timestamptz) / 2
          and not exists (select from consent.reminders m where m.consent_id = r.id and m.revision = r.revision)
        order by r.valid_until limit :piece on conflict do nothing returning consent_id, revision
    )
    select r.case_id, told.consent_id, told.revision from told join consent.records r on r.id = told.consent_id
    """
)


async def _nothing(_: WorkItem) -> None:
    """Nothing is done outside the transaction."""


async def _remind(tx: Transaction, _: WorkItem, _result: None) -> None:
    rows = (await tx.execute(_TOLD, {"now": tx.now, "lead": LEAD, "piece": PIECE})).all()
    tx.say(*(outgoing(ConsentEnding(row.case_id, row.consent_id, row.revision, EXPIRES)) for row in rows))
    tx.say(_next(tx, timedelta() if len(rows) == PIECE else EVERY))


def reminder_work() -> WorkKind:
    return WorkKind(KIND, act=_nothing, finish=_remind, recurs=lambda tx: _next(tx, timedelta()))


def _next(tx: Transaction, after: timedelta) -> DueWork:
    return DueWork(KIND, KEY, due_at=tx.now + after)
