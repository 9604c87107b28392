"""Incidents without a person."""

from alembic import op

from chassis.row_security import also_shown, of_organisation, secured

revision = "intake_0019"
down_revision = "intake_0018"

STATEMENTS = """
create table intake.incidents (
    id uuid primary key, organisation text not null, kind text not null, province text,
    month date not null, certainty text not null,
    with_all boolean not null, shared_with text[] not null, content text,
    state text not null check (state in ('standing', 'withdrawn')), reason text, shared_at timestamptz,
    revision integer not null, recorded_at timestamptz not null, recorded_by text not null, updated_at timestamptz not null,
    updated_by text not null, version integer not null default 1);
create index incidents_by_month on intake.incidents (month desc, id desc);
create index incidents_shared on intake.incidents (shared_at) where with_all
"""
SHARED = "with_all or current_setting('corridor.organisation', true) = any(shared_with)"


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    rules = (
        *secured(of_organisation("intake", {"incidents": "organisation"})),
        also_shown("intake.incidents", SHARED),
    )
    for statement in rules:
        op.execute(statement)
