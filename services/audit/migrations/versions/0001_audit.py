"""The append-only log of the cell and its head."""

from alembic import op

revision = "audit_0001"
down_revision = None

STATEMENTS = (
    "create table audit.head (one boolean primary key default true check (one), entry bigint not null, hash text not null)",
    "insert into audit.head (entry, hash) values (0, repeat('0', 64))",
    """create table audit.entries (
    entry bigint primary key, time timestamptz not null, event_id uuid not null, source text not null,
    type text not null, stream text not null, sequence bigint not null, actor text not null, organisation text not null,
    purpose text not null, policy text not null, causationid text, salt bytea not null, commitment text not null,
    details jsonb not null, previous text not null, hash text not null, unique (source, event_id))""",
    "create index entries_stream on audit.entries (stream, entry)",
    "create index entries_operations on audit.entries (entry) where type = 'operation.performed.v1'",
    """create table audit.verifications (
    id uuid primary key, actor text not null, begun_at timestamptz not null, until bigint not null,
    expected_head text not null, state text not null check (state in ('running', 'whole', 'broken', 'given_up')),
    entries bigint not null, head text not null, first_broken bigint, ended_at timestamptz)""",
    "create index verifications_newest on audit.verifications (begun_at, id)",
    """create function audit.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'the audit log is append-only'; end $$""",
    """create trigger entries_append_only before update or delete or truncate on audit.entries
    for each statement execute function audit.refuse()""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
