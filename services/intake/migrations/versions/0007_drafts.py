"""Drafts of intakes and screenings, and which screening corrects which."""

from alembic import op

from chassis.row_security import of_organisation, secured

revision = "intake_0007"
down_revision = "intake_0006"

STATEMENTS = """
create table intake.drafts (
    id uuid primary key, kind text not null check (kind in ('intake', 'screening')), case_id uuid not null, person_id uuid not null,
    organisation text not null, worker text not null, state text not null check (state in ('open', 'submitted', 'abandoned', 'cleared')),
    urgency text not null, checklist text, checklist_version text, content text, flagged boolean not null, remind_at timestamptz,
    reason text, result_id uuid, started_at timestamptz not null, started_by text not null, updated_at timestamptz not null,
    updated_by text not null, version integer not null default 1);
create index drafts_of_organisation on intake.drafts (organisation, started_at, id) where state = 'open';
create index drafts_of_case on intake.drafts (case_id);
alter table intake.screenings add column corrects uuid;
alter table intake.screenings add column reason text;
create unique index screenings_corrected_once on intake.screenings (corrects) where corrects is not null
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in secured(of_organisation("intake", {"drafts": "organisation"})):
        op.execute(statement)
