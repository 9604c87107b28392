"""Lists of all that is due in the cases of each worker, in the order of its time.

`listed_due` is an index that PostgreSQL cannot make: of each worker's case the end of the time to open it, of its first open task, and of
its hold, each a row. Every kind of row is written by one trigger alone, in the transaction that changes what it is about and after that
was locked, so that none waits for another. Who works on a case is written anew by the trigger of the case; the opening is, too, because
a case that is given to somebody begins to wait again.
"""

from alembic import op

from chassis.row_security import of_case_or_organisation, secured

revision = "intake_0015"
down_revision = "intake_0014"

TABLE = """
create table intake.listed_due (
    case_id uuid not null, list text not null, kind text not null, organisation text not null, due_at timestamptz not null,
    primary key (case_id, list, kind));
create index listed_due_order on intake.listed_due (organisation, list, due_at, case_id)
"""
FUNCTIONS = (
    """
create function intake.write_due(of_case uuid, of_kind text, ends timestamptz) returns void language sql as $$
    delete from intake.listed_due where case_id = of_case and kind = of_kind;
    insert into intake.listed_due (case_id, list, kind, organisation, due_at)
        select c.id, 'worker:' || worker, of_kind, c.organisation, ends
        from intake.cases c, unnest(case when c.workers = '{}' then array[''] else c.workers end) as worker
        where c.id = of_case and ends is not null
        on conflict do nothing;
$$
""",
    """
create function intake.first_task(of_case uuid) returns timestamptz language sql stable as $$
    select min(due_at) from intake.tasks where case_id = of_case and ended_at is null and due_at is not null
$$
""",
    """
create function intake.due_of_case() returns trigger language plpgsql as $$
begin
    perform intake.write_due(new.id, 'hold', new.hold_until);
    if tg_op = 'UPDATE' and old.workers is distinct from new.workers then
        perform intake.write_due(new.id, 'task', intake.first_task(new.id));
    end if;
    return null;
end $$
""",
    """
create function intake.due_of_task() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.case_id is not null then
        perform intake.write_due(old.case_id, 'task', intake.first_task(old.case_id));
    end if;
    if tg_op <> 'DELETE' and new.case_id is not null and (tg_op = 'INSERT' or new.case_id is distinct from old.case_id) then
        perform intake.write_due(new.case_id, 'task', intake.first_task(new.case_id));
    end if;
    return null;
end $$
""",
    """
create function intake.due_of_opening() returns trigger language plpgsql as $$
begin
    perform intake.write_due(new.case_id, 'opening', case when new.opened_at is null then new.due_at end);
    return null;
end $$
""",
)
TRIGGERS = (
    """
    create trigger due_new after insert on intake.cases for each row when (new.hold_until is not null)
    execute function intake.due_of_case()
    """,
    """
    create trigger due_again after update of workers, hold_until on intake.cases for each row
    when (old.workers is distinct from new.workers or old.hold_until is distinct from new.hold_until)
    execute function intake.due_of_case()
    """,
    "create trigger due_first after insert on intake.tasks for each row when (new.due_at is not null) execute function intake.due_of_task()",
    """
    create trigger due_changed after update of due_at, ended_at, case_id on intake.tasks for each row
    when (old.due_at is distinct from new.due_at or old.ended_at is distinct from new.ended_at or old.case_id is distinct from new.case_id)
    execute function intake.due_of_task()
    """,
    "create trigger due_gone after delete on intake.tasks for each row execute function intake.due_of_task()",
    """
    create trigger due_opening after insert or update of opened_at, due_at on intake.attention for each row
    execute function intake.due_of_opening()
    """,
)


def upgrade() -> None:
    rules = of_case_or_organisation("intake", "listed_due", "case_id")
    for statement in (*TABLE.split(";\n"), *secured(rules), *FUNCTIONS, *TRIGGERS):
        op.execute(statement)
