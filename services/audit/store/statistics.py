"""The persons who are counted in a month and a corridor, from the log alone, and the counts that are kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from chassis.database import Transaction
from chassis.month_tables import MonthTables
from chassis.rows import RowReader
from services.audit.domain.statistics import CountedSubject, FirstEvent, LaterEvent
from services.audit.store.tables import STATISTICS

KEPT = MonthTables(STATISTICS)
_BEGUN, _STEPS = RowReader(FirstEvent), RowReader(LaterEvent)
_FIRST = text(
    """
    select distinct on (e.stream) e.details ->> cast(:id as text) as id, e.time from audit.entries e
    where e.type = :type and e.time >= :since and e.time < :until and e.details ->> cast(:other as text) = :cell
      and coalesce(e.details ->> 'half', :half) = :half
      and not exists (select from audit.entries gone where gone.stream = e.stream and gone.type = 'case.erased.v1')
    order by e.stream, e.time, e.entry
    """
)
_LATER = """
    select details ->> '{id}' as id, time, type, details from audit.entries
    where details ->> '{id}' = any(:ids) and type = any(:types) and details ->> 'half' = :half order by time, entry
"""


async def begun(
    tx: Transaction, subject: CountedSubject, cell: str, since: datetime, until: datetime
) -> Sequence[FirstEvent]:
    """The first of each case, without those who were erased."""
    asked = {
        "type": subject.begins,
        "id": subject.id,
        "other": subject.other,
        "half": subject.half,
        "cell": cell,
        "since": since,
        "until": until,
    }
    return _BEGUN.all(await tx.execute(_FIRST, asked))


async def later(
    tx: Transaction, subject: CountedSubject, first: Sequence[FirstEvent]
) -> Sequence[LaterEvent]:
    asked = {"ids": [one.id for one in first], "types": list(subject.after), "half": subject.half}
    return _STEPS.all(await tx.execute(text(_LATER.format(id=subject.id)), asked))
