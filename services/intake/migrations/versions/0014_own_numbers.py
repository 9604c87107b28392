"""The organisations' own numbers of their cases, sealed, and beside each a keyed hash by which it is found."""

from alembic import op

from chassis.row_security import of_case_or_organisation, secured

revision = "intake_0014"
down_revision = "intake_0013"


def upgrade() -> None:
    op.execute("""
create table intake.own_numbers (
    case_id uuid primary key references intake.cases, organisation text not null, entry bytea not null,
    value text not null, unique (organisation, entry))
""")
    for statement in secured(of_case_or_organisation("intake", "own_numbers", "case_id")):
        op.execute(statement)
