"""The supervisor to whom the cases of a suspended organisation go, where two people have named one."""

from alembic import op

revision = "chassis_0007"
down_revision = "chassis_0006"


def upgrade() -> None:
    op.execute(
        "alter table chassis.organisations add column cases_to text, add column cases_to_organisation text"
    )
