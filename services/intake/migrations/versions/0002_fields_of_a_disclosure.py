"""The values received with a disclosure are deleted when it is taken back, found by the disclosure, not among all fields of a country."""

from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"


def upgrade() -> None:
    op.execute(
        "create index fields_of_disclosure on intake.fields (disclosure_id) where disclosure_id is not null"
    )
