"""The persons who are counted in a month and a corridor, from the log alone, and the counts that are kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from chassis.database import Transaction
from chassis.month_tables import MonthTables
from chassis.rows import RowReader
from services.audit.domain.statistics import SAME_PERSON, CountedSubject, FirstEvent, LaterEvent
from services.audit.store.tables import STATISTICS

KEPT = MonthTables(STATISTICS)
_BEGUN, _STEPS = RowReader(FirstEvent), RowReader(LaterEvent)
_FIRST = text(
    """
    select distinct on (e.stream) e.stream as case_id, e.details ->> cast(:id as text) as id, e.time from audit.entries e
    where e.type = :type and e.time >= :since and e.time < :until and e.details ->> cast(:other as text) = :cell
      and coalesce(e.details ->> 'half', :half) = :half
      and not exists (select from audit.entries gone where gone.stream = e.stream and gone.type = 'case.erased.v1')
    order by e.stream, e.time, e.entry
    """
)
_DECIDED = text(
    """
    select one, other from (
        select distinct on (stream, details ->> 'other_case_id')
            stream as one, details ->> 'other_case_id' as other, details ->> 'decision' as decision
        from audit.entries where type = 'pair.decided.v1' order by stream, details ->> 'other_case_id', entry desc
    ) as last where decision = :decision
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


async def same_person(tx: Transaction) -> Sequence[tuple[str, str]]:
    """Every two cases of this cell of which it was last decided that they are of one person."""
    return [(row.one, row.other) for row in await tx.execute(_DECIDED, {"decision": SAME_PERSON})]


async def later(
    tx: Transaction, subject: CountedSubject, first: Sequence[FirstEvent]
) -> Sequence[LaterEvent]:
    asked = {"ids": [one.id for one in first], "types": list(subject.after), "half": subject.half}
    return _STEPS.all(await tx.execute(text(_LATER.format(id=subject.id)), asked))
