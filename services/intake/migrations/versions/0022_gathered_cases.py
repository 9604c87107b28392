"""The index from which cases that are gathered before they are in order are read, without a look at the case."""

from alembic import op

revision = "intake_0022"
down_revision = "intake_0021"


def upgrade() -> None:
    op.execute("create index cases_gathered on intake.cases (id) include (organisation, state, opened_at)")
