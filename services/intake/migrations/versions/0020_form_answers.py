"""The answers to the form that an intake was asked with, sealed, one for each case."""

from alembic import op

from chassis.row_security import of_case, secured

revision = "intake_0020"
down_revision = "intake_0019"


def upgrade() -> None:
    op.execute("""
create table intake.form_answers (
    case_id uuid primary key references intake.cases, organisation text not null, form text not null,
    form_version text not null, answers text not null, at timestamptz not null, by text not null)
""")
    for statement in secured(of_case("intake", ["form_answers"])):
        op.execute(statement)
