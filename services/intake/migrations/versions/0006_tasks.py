"""Tasks, of a case or of the team, and the urgent flags for which they were raised already. What they say is ciphertext."""

from alembic import op

from chassis.row_security import of_case, of_organisation, secured

revision = "intake_0006"
down_revision = "intake_0005"

STATEMENTS = """
create table intake.tasks (
    id uuid primary key, organisation text not null, case_id uuid references intake.cases, kind text not null,
    state text not null default 'open' check (state in ('open', 'done', 'cancelled')),
    worker text, due_at timestamptz, remind_at timestamptz, reminded_at timestamptz, late_at timestamptz,
    content text, person_id uuid, cancel_offered boolean not null default false, raised_at timestamptz not null,
    raised_by text not null, ended_at timestamptz, ended_by text, version integer not null default 1);
create index tasks_open on intake.tasks (organisation, coalesce(due_at, timestamptz '9999-12-31 00:00:00+00'), id) where state = 'open';
create index tasks_of_case on intake.tasks (case_id) where case_id is not null;
create index tasks_newest on intake.tasks (organisation, raised_at desc, id desc);
create table intake.answered_flags (
    case_id uuid primary key references intake.cases, person_id uuid not null, flags text not null)
"""


def upgrade() -> None:
    rules = (
        *of_organisation("intake", {"tasks": "organisation"}),
        *of_case("intake", ("answered_flags",)),
    )
    for statement in (*STATEMENTS.split(";\n"), *secured(rules)):
        op.execute(statement)
