"""Papers that were printed, by the hash of their code: of which record and version, and nothing about a person."""

from alembic import op

revision = "chassis_0005"
down_revision = "chassis_0004"


def upgrade() -> None:
    op.execute(
        "create table chassis.papers (code_sha256 text primary key, kind text not null, subject_id uuid not null,"
        " version integer not null, printed_at timestamptz not null default clock_timestamp())"
    )
