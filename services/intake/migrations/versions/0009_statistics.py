"""The statistics of each month, as they may be shown: no row is of anybody."""

from alembic import op

revision = "intake_0009"
down_revision = "intake_0008"

STATEMENTS = (
    """create table intake.statistics (
    month date not null, name text not null, cells jsonb not null, total integer, counted_at timestamptz not null,
    primary key (month, name))""",
    "create index cases_opened_in on intake.cases (opened_at, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
