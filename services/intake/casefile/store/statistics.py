"""The statistics of each month: counted once, as they may be shown, and never again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.month_tables import MonthTables
from chassis.rows import RowReader
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.received import RECEIVED_CHANNEL
from services.intake.casefile.domain.statistics import FIELDS
from services.intake.casefile.store.tables import OWN, STATISTICS


@dataclass(frozen=True, slots=True)
class SealedCounted:
    """A case to be counted: the fields that were recorded here, still sealed."""

    id: UUID
    person_id: UUID
    age_group: str
    values: Mapping[str, str]


KEPT = MonthTables(STATISTICS)
_SEALED = RowReader(SealedCounted)
_CASES = text(
    f"""
    select c.id, c.person_id, c.age_group,
           coalesce(jsonb_object_agg(f.field, f.value) filter (where f.field is not null), '{{}}') as values
    from intake.cases c
    left join intake.fields f on f.case_id = c.id and f.source = '{OWN}' and f.field = any(cast(:fields as text[]))
    where c.opened_at >= :since and c.opened_at < :until and c.channel <> '{RECEIVED_CHANNEL}'
      and c.state <> '{CaseState.ERASED}' and (cast(:after as uuid) is null or c.id > :after)
    group by c.id order by c.id limit :limit
    """
)


async def cases_opened(
    tx: Transaction, since: datetime, until: datetime, after: UUID | None, limit: int
) -> Sequence[SealedCounted]:
    """Whoever came from another organisation was counted where she was found."""
    asked = {"since": since, "until": until, "after": after, "limit": limit, "fields": list(FIELDS)}
    return _SEALED.all(await tx.execute(_CASES, asked))
