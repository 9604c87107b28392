"""The few recalls that wait for an answer are found without looking at every disclosure that ever was."""

from alembic import op

revision = "consent_0002"
down_revision = "consent_0001"


def upgrade() -> None:
    op.execute("create index disclosures_unanswered on consent.disclosures (id) where stage = 'recalled'")
