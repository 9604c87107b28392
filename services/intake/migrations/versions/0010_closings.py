"""A case is closed and resumed; why is ciphertext."""

from alembic import op

from chassis.row_security import of_case, secured

revision = "intake_0010"
down_revision = "intake_0009"

STATEMENTS = """
alter table intake.cases drop constraint cases_state_check;
alter table intake.cases add constraint cases_state_check check (state in ('open', 'closed', 'handed_over', 'erased'));
create table intake.closings (
    id uuid primary key, case_id uuid not null references intake.cases, organisation text not null,
    closed_for text not null, closed_at timestamptz not null, closed_by text not null, resumed_for text,
    resumed_at timestamptz, resumed_by text);
create index closings_of_case on intake.closings (case_id, closed_at)
"""


def upgrade() -> None:
    for statement in (*STATEMENTS.split(";\n"), *secured(of_case("intake", ("closings",)))):
        op.execute(statement)
