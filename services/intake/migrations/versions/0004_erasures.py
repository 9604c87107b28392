"""Erasures that a person asked for, and what became of each."""

from alembic import op

from chassis.row_security import of_case, secured

revision = "intake_0004"
down_revision = "intake_0003"

STATEMENTS = """
create table intake.erasures (
    id uuid primary key, case_id uuid not null, person_id uuid not null, organisation text not null,
    state text not null check (state in ('requested', 'cancelled', 'refused', 'confirmed', 'completed')),
    requested_by text not null, requested_at timestamptz not null, reason text, decided_by text, decided_at timestamptz,
    law text, destroyed_at timestamptz, epoch text);
create index erasures_of_case on intake.erasures (case_id, requested_at desc);
create unique index erasures_one_open on intake.erasures (case_id) where state in ('requested', 'confirmed')
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in secured(of_case("intake", ["erasures"])):
        op.execute(statement)
