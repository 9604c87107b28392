"""The statistics of each month and corridor, as they may be shown: no row is of anybody."""

from alembic import op

revision = "audit_0003"
down_revision = "audit_0002"

STATEMENTS = (
    """create table audit.statistics (
    month date not null, name text not null, cells jsonb not null, total integer, counted_at timestamptz not null,
    primary key (month, name))""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
