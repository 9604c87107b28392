"""A file of the cases that were opened in certain days, and of no others."""

from alembic import op

revision = "interchange_0005"
down_revision = "interchange_0004"


def upgrade() -> None:
    op.execute("alter table interchange.exports add column opened_from date, add column opened_to date")
