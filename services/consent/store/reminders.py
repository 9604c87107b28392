"""Of which consents it was told that they end soon."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import one_of
from services.consent.domain.states import PERMITTING

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


async def told(tx: Transaction, lead: timedelta, most: int) -> list[tuple[UUID, UUID, int]]:
    """Case, consent and revision of those that end within `lead`, or whose second half has begun; each is written down as
    told, once for each revision.
    """
    rows = await tx.execute(_TOLD, {"now": tx.now, "lead": lead, "piece": most})
    return [(row.case_id, row.consent_id, row.revision) for row in rows]
