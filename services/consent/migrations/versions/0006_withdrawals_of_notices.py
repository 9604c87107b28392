"""The person who asked that a notice in force is withdrawn, until a second one withdraws it."""

from alembic import op

revision = "consent_0006"
down_revision = "consent_0005"


def upgrade() -> None:
    op.execute("alter table consent.notices add column withdrawal_asked_by text")
