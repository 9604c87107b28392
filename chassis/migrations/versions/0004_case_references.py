"""The references by which persons name cases (contracts/casefile/reference.py). None is ever given to another case."""

from alembic import op

revision = "chassis_0004"
down_revision = "chassis_0003"


def upgrade() -> None:
    op.execute(
        "create table chassis.case_references (reference text primary key, case_id uuid not null unique)"
    )
