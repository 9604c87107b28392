"""Pairs of cases of which somebody decided whether they are of one person."""

from alembic import op

from chassis.row_security import of_organisation, secured

revision = "intake_0008"
down_revision = "intake_0007"

STATEMENTS = """
create table intake.pairs (
    first_id uuid not null references intake.cases, second_id uuid not null references intake.cases,
    organisation text not null,
    decision text not null check (decision in ('undecided', 'same-person', 'different-persons')),
    reason text not null, lead_id uuid, decided_at timestamptz not null, decided_by text not null,
    version integer not null default 1, primary key (first_id, second_id),
    check (first_id < second_id), check (lead_id in (first_id, second_id)),
    check ((decision = 'same-person') = (lead_id is not null)));
create index pairs_of_second on intake.pairs (second_id);
create index pairs_of_lead on intake.pairs (lead_id) where lead_id is not null
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in secured(of_organisation("intake", {"pairs": "organisation"})):
        op.execute(statement)
