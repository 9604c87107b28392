"""Links between a case and those of persons who depend on her."""

from alembic import op

from chassis.row_security import of_organisation, secured

revision = "intake_0018"
down_revision = "intake_0017"

STATEMENTS = """
create table intake.dependants (
    id uuid primary key, case_id uuid not null references intake.cases, dependant_id uuid not null references intake.cases,
    organisation text not null, relation text not null, linked_at timestamptz not null, linked_by text not null,
    reason text, ended_at timestamptz, ended_by text,
    check ((ended_at is null) = (reason is null) and (ended_at is null) = (ended_by is null)));
create unique index dependants_one on intake.dependants (least(case_id, dependant_id), greatest(case_id, dependant_id))
    where ended_at is null;
create index dependants_of_case on intake.dependants (case_id);
create index dependants_of_dependant on intake.dependants (dependant_id)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in secured(of_organisation("intake", {"dependants": "organisation"})):
        op.execute(statement)
