"""Incidents without a person, the corrections of what was told of them, and the cases to which they are linked."""

from alembic import op

from chassis.row_security import of_case, of_parent, of_sharing, secured

revision = "intake_0014"
down_revision = "intake_0013"

STATEMENTS = """
create table intake.incidents (
    id uuid primary key, organisation text not null, kind text not null,
    level text not null check (level in ('country', 'province', 'district')), province text, district text,
    first_on date not null, last_on date not null check (last_on >= first_on), source text not null, certainty text not null,
    with_all boolean not null, shared_with text[] not null, owner uuid not null, content text,
    state text not null check (state in ('standing', 'merged')), merged_into uuid references intake.incidents,
    revision integer not null, reported_at timestamptz not null, reported_by text not null, updated_at timestamptz not null,
    updated_by text not null, version integer not null default 1);
create index incidents_reported on intake.incidents (reported_at desc, id desc);
create index incidents_of_month on intake.incidents (first_on) where with_all;
create table intake.incident_revisions (
    incident_id uuid not null references intake.incidents, revision integer not null, organisation text not null,
    account jsonb not null, reason text not null, by text not null, at timestamptz not null,
    primary key (incident_id, revision));
create table intake.incident_cases (
    incident_id uuid not null references intake.incidents, case_id uuid not null references intake.cases,
    organisation text not null, by text not null, at timestamptz not null, primary key (incident_id, case_id));
create index incident_cases_of_case on intake.incident_cases (case_id)
"""
PARENT = "select from intake.incidents i where i.id = incident_revisions.incident_id"


def upgrade() -> None:
    rules = (
        *of_sharing("intake", "incidents"),
        *of_parent("intake", "incident_revisions", PARENT),
        *of_case("intake", ("incident_cases",)),
    )
    for statement in (*STATEMENTS.split(";\n"), *secured(rules)):
        op.execute(statement)
