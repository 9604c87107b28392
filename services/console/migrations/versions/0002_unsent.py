"""Forms that came after the end of a session, until their sender has signed in again. They go with the session."""

from alembic import op

from chassis.row_security import of_nobody, secured

revision = "console_0002"
down_revision = "console_0001"

STATEMENTS = """
create table console.unsent (
    id text primary key, session text not null references console.sessions (id) on delete cascade, sealed bytea not null);
create index unsent_of_session on console.unsent (session)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in secured(of_nobody("console", ["unsent"])):
        op.execute(statement)
