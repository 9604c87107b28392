"""Calls to the hotline, and tasks that are about one."""

from alembic import op

from chassis.row_security import of_organisation, secured

revision = "intake_0013"
down_revision = "intake_0012"

STATEMENTS = """
create table intake.calls (
    id uuid primary key, organisation text not null, worker text not null, kind text not null, urgency text not null,
    state text not null check (state in ('open', 'closed', 'attached', 'cleared')), flagged boolean not null,
    owner uuid not null, sealing integer not null, content text, case_id uuid references intake.cases, agreed text, reason text,
    started_at timestamptz not null, ends_at timestamptz, updated_at timestamptz not null, updated_by text not null,
    version integer not null default 1);
create index calls_of_organisation on intake.calls (organisation, started_at desc, id desc);
create index calls_of_case on intake.calls (case_id) where case_id is not null;
alter table intake.tasks add column call_id uuid;
create index tasks_of_call on intake.tasks (call_id) where call_id is not null
"""


def upgrade() -> None:
    for statement in (
        *STATEMENTS.split(";\n"),
        *secured(of_organisation("intake", {"calls": "organisation"})),
    ):
        op.execute(statement)
