"""Since when a piece of work has waited: `due_at` moves on each time that it is put off."""

from alembic import op

revision = "chassis_0002"
down_revision = "chassis_0001"


def upgrade() -> None:
    op.execute("alter table chassis.work add column first_due_at timestamptz")
