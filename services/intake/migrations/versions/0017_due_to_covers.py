"""The lists of what is due: a case stands on those of its covers too, as it does on their other lists.

A change of the covers writes every kind of row anew. The clock of the opening is locked before it is read, because whoever opens the
case meanwhile has not locked the case.
"""

from alembic import op

revision = "intake_0017"
down_revision = "intake_0016"

STATEMENTS = (
    """
create or replace function intake.write_due(of_case uuid, of_kind text, ends timestamptz) returns void language sql as $$
    delete from intake.listed_due where case_id = of_case and kind = of_kind;
    insert into intake.listed_due (case_id, list, kind, organisation, due_at)
        select c.id, 'worker:' || worker, of_kind, c.organisation, ends
        from intake.cases c, unnest(case when c.workers = '{}' then array[''] else c.workers || c.covers end) as worker
        where c.id = of_case and ends is not null
        on conflict do nothing;
$$
""",
    """
create function intake.due_of_covers() returns trigger language plpgsql as $$
declare ends timestamptz;
begin
    select a.due_at into ends from intake.attention a where a.case_id = new.id and a.opened_at is null for update;
    perform intake.write_due(new.id, 'opening', ends);
    perform intake.write_due(new.id, 'hold', new.hold_until);
    perform intake.write_due(new.id, 'task', intake.first_task(new.id));
    return null;
end $$
""",
    """
create trigger due_covered after update of covers on intake.cases for each row
when (old.covers is distinct from new.covers) execute function intake.due_of_covers()
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
