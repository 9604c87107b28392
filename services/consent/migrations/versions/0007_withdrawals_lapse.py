"""The time at which somebody asked that a notice in force is withdrawn: after a week nobody makes that final."""

from alembic import op

revision = "consent_0007"
down_revision = "consent_0006"


def upgrade() -> None:
    op.execute("alter table consent.notices add column withdrawal_asked_at timestamptz")
