"""The index by which a list finds the first open task of each case."""

from alembic import op

revision = "intake_0021"
down_revision = "intake_0020"


def upgrade() -> None:
    op.execute(
        "create index tasks_open_of_case on intake.tasks (case_id, due_at, id) include (organisation)"
        " where ended_at is null and case_id is not null"
    )
