"""A worker is away and a colleague covers: leaves, the cases left out of one, and whoever covers in each case now.

`list_case` is replaced by one that has a case on the lists of its covers too. A release from before finds no cover.
"""

from alembic import op

from chassis.row_security import of_organisation, secured

revision = "intake_0016"
down_revision = "intake_0015"

STATEMENTS = """
create table intake.leaves (
    id uuid primary key, organisation text not null, worker text not null, cover text not null,
    starts_at timestamptz not null, ends_at timestamptz not null,
    state text not null default 'planned' check (state in ('planned', 'running', 'ended')), ended_at timestamptz,
    planned_at timestamptz not null, planned_by text not null, version integer not null default 1);
create index leaves_standing on intake.leaves (organisation, worker) where state <> 'ended';
create index leaves_newest on intake.leaves (organisation, starts_at desc, id desc);
create table intake.left_out (
    leave_id uuid not null references intake.leaves, case_id uuid not null references intake.cases,
    organisation text not null, at timestamptz not null, by text not null, primary key (leave_id, case_id));
alter table intake.cases add column covers text[] not null default '{}'
"""
LISTED = """
create or replace function intake.list_case() returns trigger language plpgsql as $$
begin
    delete from intake.listed_cases where case_id = new.id and list like 'worker:%';
    insert into intake.listed_cases (case_id, list, organisation, opened_at)
        select new.id, 'worker:' || worker, new.organisation, new.opened_at
        from unnest(case when new.workers = '{}' then array[''] else new.workers || new.covers end) as worker
        on conflict do nothing;
    return null;
end $$
"""
COVERED = """
create trigger listed_covers after update of covers on intake.cases for each row
when (old.covers is distinct from new.covers) execute function intake.list_case()
"""


def upgrade() -> None:
    rules = of_organisation("intake", {"leaves": "organisation", "left_out": "organisation"})
    for statement in (*STATEMENTS.split(";\n"), LISTED, COVERED, *secured(rules)):
        op.execute(statement)
