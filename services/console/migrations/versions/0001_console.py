"""Sessions of those who are signed in. No organisation is shown a row: only the service itself works with them."""

from alembic import op

from chassis.row_security import of_nobody, secured

revision = "console_0001"
down_revision = None

STATEMENTS = """
create table console.sessions (
    id text primary key, sealed bytea not null, used_at timestamptz not null, ends_at timestamptz not null);
create index sessions_used on console.sessions (used_at)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in secured(of_nobody("console", ["sessions"])):
        op.execute(statement)
