"""The cases of a worker, and those of nobody, are found without looking at all of the organisation's.

The table is under no row-level security, so that PostgreSQL uses an index of the array.
"""

from alembic import op

revision = "chassis_0009"
down_revision = "chassis_0008"


def upgrade() -> None:
    op.execute("create index case_access_workers on chassis.case_access using gin (workers)")
    op.execute(
        "create index case_access_nobodys on chassis.case_access (organisation, case_id) where workers = '{}'"
    )
