"""The inbox of each organisation, and what came of its mail."""

from alembic import op

revision = "notify_0001"
down_revision = None

STATEMENTS = (
    """create table notify.notifications (
    id uuid primary key, case_id uuid not null, organisation text not null, template text not null,
    created_at timestamptz not null, read_at timestamptz, read_by text,
    mail text not null default 'none' check (mail in ('none', 'due', 'sent', 'failed')))""",
    """create table notify.unaddressed (
    pos bigint generated always as identity primary key, case_id uuid not null, template text not null)""",
    "create index unaddressed_case on notify.unaddressed (case_id, pos)",
    "create index notifications_inbox on notify.notifications (organisation, created_at desc, id desc)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
