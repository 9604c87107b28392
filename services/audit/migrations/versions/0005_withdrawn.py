"""A request of ours for the other half of a case may be taken back."""

from alembic import op

revision = "audit_0005"
down_revision = "audit_0004"

STATEMENTS = (
    "alter table audit.extracts drop constraint extracts_state_check",
    """alter table audit.extracts add constraint extracts_state_check
    check (state in ('open', 'refused', 'released', 'releasing', 'withdrawn'))""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
