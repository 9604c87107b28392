"""The mark of a case whose person was erased: nobody reads or writes about her any more."""

from alembic import op

revision = "chassis_0003"
down_revision = "chassis_0002"


def upgrade() -> None:
    op.execute("alter table chassis.case_access add column erased boolean not null default false")
