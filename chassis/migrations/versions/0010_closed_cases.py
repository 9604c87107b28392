"""The mark of a case on which nobody works any more: nothing new leaves it until it is resumed."""

from alembic import op

revision = "chassis_0010"
down_revision = "chassis_0009"


def upgrade() -> None:
    op.execute("alter table chassis.case_access add column closed boolean not null default false")
