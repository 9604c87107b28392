"""The rows and columns that lists go along, filled in for cases from before there were any: a few at a time."""

from sqlalchemy import text

from chassis.database import Transaction
from services.intake.casefile.domain.listing import DueKind

UNOPENED = "unopened"
"""The list of the cases that nobody has opened since they were given to somebody."""

_LISTED = text(
    """
    with missing as (
        select c.id, c.workers, c.covers, c.organisation, c.opened_at from intake.cases c
        where not exists (select from intake.listed_cases l where l.case_id = c.id) limit :limit)
    insert into intake.listed_cases (case_id, list, organisation, opened_at)
    select m.id, 'worker:' || worker, m.organisation, m.opened_at
    from missing m, unnest(case when m.workers = '{}' then array[''] else m.workers || m.covers end) as worker
    on conflict do nothing
    """
)
_UNOPENED = text(
    """
    insert into intake.listed_cases (case_id, list, organisation, opened_at)
    select c.id, :list, c.organisation, c.opened_at from intake.attention a join intake.cases c on c.id = a.case_id
    where a.opened_at is null
        and not exists (select from intake.listed_cases l where l.case_id = c.id and l.list = :list) limit :limit
    on conflict do nothing
    """
)
# Flags from before are sealed, so that only their being there is known: they are taken for raised.
_FLAGGED = text(
    """
    update intake.cases set flagged = true where id in (
        select id from intake.cases where flagged is null and coalesce(flags, came_flags) is not null limit :limit)
    """
)
_HELD = text(
    """
    update intake.cases set hold_until = h.until from (
        select h.case_id, max(h.until) as until from intake.holds h join intake.cases c on c.id = h.case_id
        where h.lifted_at is null and c.hold_until is null group by h.case_id limit :limit) as h
    where cases.id = h.case_id
    """
)
_DUE = text(
    f"""
    insert into intake.listed_due (case_id, list, kind, organisation, due_at)
    select m.id, 'worker:' || worker, m.kind, m.organisation, m.due_at from (
        (select c.id, c.workers, c.covers, c.organisation, '{DueKind.HOLD}' as kind, c.hold_until as due_at from intake.cases c
         where c.hold_until is not null
             and not exists (select from intake.listed_due l where l.case_id = c.id and l.kind = '{DueKind.HOLD}') limit :limit)
        union all
        (select c.id, c.workers, c.covers, c.organisation, '{DueKind.OPENING}', a.due_at from intake.attention a join intake.cases c on c.id = a.case_id
         where a.opened_at is null and a.due_at is not null
             and not exists (select from intake.listed_due l where l.case_id = c.id and l.kind = '{DueKind.OPENING}') limit :limit)
        union all
        (select c.id, c.workers, c.covers, c.organisation, '{DueKind.TASK}', min(k.due_at) from intake.tasks k join intake.cases c on c.id = k.case_id
         where k.ended_at is null and k.due_at is not null
             and not exists (select from intake.listed_due l where l.case_id = c.id and l.kind = '{DueKind.TASK}')
         group by c.id limit :limit)
    ) as m, unnest(case when m.workers = '{{}}' then array[''] else m.workers || m.covers end) as worker
    on conflict do nothing
    """
)
# A leave that began before what is due was listed for covers too.
_DUE_TO_COVERS = text(
    """
    insert into intake.listed_due (case_id, list, kind, organisation, due_at)
    select distinct l.case_id, 'worker:' || cover, l.kind, l.organisation, l.due_at
    from intake.cases c cross join unnest(c.covers) as cover join intake.listed_due l on l.case_id = c.id
    where not exists (select from intake.listed_due e
        where e.case_id = l.case_id and e.kind = l.kind and e.list = 'worker:' || cover) limit :limit
    on conflict do nothing
    """
)


async def catch_up(tx: Transaction, limit: int) -> int:
    """How many rows were filled in."""
    found = 0
    for statement in (_LISTED, _UNOPENED, _FLAGGED, _HELD, _DUE, _DUE_TO_COVERS):
        found += (await tx.execute(statement, {"limit": limit, "list": UNOPENED})).rowcount
    return found
