"""Notices about a leave: which one."""

from alembic import op

revision = "notify_0004"
down_revision = "notify_0003"


def upgrade() -> None:
    op.execute("alter table notify.notifications add column leave_id uuid")
