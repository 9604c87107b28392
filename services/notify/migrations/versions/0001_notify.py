"""The inbox of each organisation, and what came of its mail."""

from alembic import op

from chassis.row_security import by_nobody, by_organisation, by_parent

revision = "notify_0001"
down_revision = None

STATEMENTS = (
    """create table notify.notifications (
    id uuid primary key, case_id uuid not null, import_id uuid, about text, together uuid,
    count integer not null default 1, own boolean not null, organisation text not null,
    audience text not null check (audience in ('holder', 'supervisors', 'operators')), template text not null,
    priority text not null, referral_id uuid, return_id uuid, created_at timestamptz not null,
    mail text not null default 'none' check (mail in ('none', 'due', 'sent', 'failed')))""",
    """create table notify.unaddressed (
    pos bigint generated always as identity primary key, case_id uuid not null, template text not null,
    referral_id uuid, return_id uuid, own boolean not null)""",
    """create table notify.readings (
    notification_id uuid not null references notify.notifications, reader text not null, at timestamptz not null,
    primary key (notification_id, reader))""",
    "create index unaddressed_case on notify.unaddressed (case_id, pos)",
    "create index notifications_inbox on notify.notifications (organisation, created_at desc, id desc)",
    "create index notifications_together on notify.notifications (together) where together is not null",
    "create index notifications_case on notify.notifications (case_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for statement in (
        *by_organisation("notify", {"notifications": "organisation"}),
        *by_parent("notify", "readings", "select from notify.notifications n where n.id = notification_id"),
        *by_nobody("notify", ("unaddressed",)),
    ):
        op.execute(statement)
