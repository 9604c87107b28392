"""The index along which those that are due by a day are found newest first, without a look at any that is not."""

from alembic import op

revision = "returns_0005"
down_revision = "returns_0004"


def upgrade() -> None:
    op.execute(
        "create index returns_open on returns.returns (organisation, requested_at desc, id desc, expected_at)"
        " where state in ('departed', 'missed') and expected_at is not null"
    )
