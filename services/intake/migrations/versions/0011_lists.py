"""The columns and indexes that lists of cases are ordered and narrowed by.

`listed_cases` is an index that PostgreSQL cannot make: the cases of each worker, and those that nobody has opened yet, in the
order of a list. An index of the array of workers is not used under row-level security, because its operators are not
leakproof. The triggers keep it, as an index is kept, whoever writes.
"""

from alembic import op

from chassis.row_security import of_case_or_organisation, secured

revision = "intake_0011"
down_revision = "intake_0010"

STATEMENTS = """
alter table intake.cases add column hold_until timestamptz, add column flagged boolean;
alter table intake.attention add column organisation text, add column due_at timestamptz;
create table intake.listed_cases (
    case_id uuid not null, list text not null, organisation text not null, opened_at timestamptz not null,
    primary key (case_id, list));
create index listed_cases_worklist on intake.listed_cases (organisation, list, opened_at desc, case_id desc);
create index cases_unclosed on intake.cases (organisation, opened_at desc, id desc) where state <> 'closed';
create index cases_changed on intake.cases (organisation, updated_at desc, id desc);
create index cases_by_urgency on intake.cases (organisation, urgency, opened_at desc, id desc);
create index cases_by_state on intake.cases (organisation, state, opened_at desc, id desc);
create index cases_by_channel on intake.cases (organisation, channel, opened_at desc, id desc);
create index cases_held on intake.cases (organisation, opened_at desc, id desc) where hold_until is not null;
create index cases_flagged on intake.cases (organisation, opened_at desc, id desc) where flagged;
create index cases_offered on intake.cases (organisation, opened_at desc, id desc)
    where transfer_state in ('requested', 'received');
create index attention_alarmed on intake.attention (case_id) where alarmed_at is not null and opened_at is null;
create index attention_due on intake.attention (organisation, due_at, case_id) where opened_at is null;
create index tasks_due on intake.tasks (organisation, due_at, case_id) where ended_at is null and case_id is not null;
create index cases_ending on intake.cases (organisation, hold_until, id) where hold_until is not null
"""
LISTED = """
create function intake.list_case() returns trigger language plpgsql as $$
begin
    delete from intake.listed_cases where case_id = new.id and list like 'worker:%';
    insert into intake.listed_cases (case_id, list, organisation, opened_at)
        select new.id, 'worker:' || worker, new.organisation, new.opened_at
        from unnest(case when new.workers = '{}' then array[''] else new.workers end) as worker
        on conflict do nothing;
    return null;
end $$
"""
UNOPENED = """
create function intake.list_unopened() returns trigger language plpgsql as $$
begin
    if new.opened_at is null then
        insert into intake.listed_cases (case_id, list, organisation, opened_at)
            select c.id, 'unopened', c.organisation, c.opened_at from intake.cases c where c.id = new.case_id
            on conflict do nothing;
    else
        delete from intake.listed_cases where case_id = new.case_id and list = 'unopened';
    end if;
    return null;
end $$
"""
TRIGGERS = (
    """
    create trigger listed_unopened after insert or update of opened_at on intake.attention for each row
    execute function intake.list_unopened()
    """,
    "create trigger listed_new after insert on intake.cases for each row execute function intake.list_case()",
    """
    create trigger listed_again after update of workers, organisation on intake.cases for each row
    when (old.workers is distinct from new.workers or old.organisation is distinct from new.organisation)
    execute function intake.list_case()
    """,
)


def upgrade() -> None:
    rules = of_case_or_organisation("intake", "listed_cases", "case_id")
    for statement in (*STATEMENTS.split(";\n"), *secured(rules), LISTED, UNOPENED, *TRIGGERS):
        op.execute(statement)
