"""The mark of a suspended organisation: its people read and do nothing, whatever their tokens name."""

from alembic import op

revision = "chassis_0006"
down_revision = "chassis_0005"


def upgrade() -> None:
    op.execute("alter table chassis.organisations add column suspended boolean not null default false")
