"""Since when somebody who is linked with the case as a dependant is here."""

from alembic import op

revision = "returns_0003"
down_revision = "returns_0002"


def upgrade() -> None:
    op.execute("alter table returns.known add column linked_at timestamptz")
