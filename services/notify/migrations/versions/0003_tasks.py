"""Notices about tasks: which task, and the one worker who is told."""

from alembic import op

revision = "notify_0003"
down_revision = "notify_0002"

STATEMENTS = (
    "alter table notify.notifications add column task_id uuid, add column worker text",
    "alter table notify.unaddressed add column task_id uuid, add column worker text",
    "alter table notify.notifications drop constraint notifications_audience_check",
    """alter table notify.notifications add constraint notifications_audience_check
    check (audience in ('holder', 'worker', 'supervisors', 'operators'))""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
