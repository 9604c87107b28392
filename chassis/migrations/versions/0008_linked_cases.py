"""The mark of a case with which somebody is linked who is in an open case: she is not handed over without a word about them."""

from alembic import op

revision = "chassis_0008"
down_revision = "chassis_0007"


def upgrade() -> None:
    op.execute("alter table chassis.case_access add column linked boolean not null default false")
