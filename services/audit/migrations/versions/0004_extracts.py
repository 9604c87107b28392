"""Requests for the other half of a case, ours and the partner's, with the parts of what was released to us."""

from alembic import op

revision = "audit_0004"
down_revision = "audit_0003"

STATEMENTS = (
    """create table audit.extracts (
    id uuid not null, direction text not null check (direction in ('in', 'out')), partner text not null, about uuid[] not null,
    reason text not null, asked_at timestamptz not null, due_at timestamptz not null, case_id uuid, asked_by text,
    state text not null check (state in ('open', 'refused', 'released', 'releasing')), refusal text, answered_by text,
    answered_at timestamptz, chosen bigint[] not null default '{}', withheld integer not null default 0,
    version bigint not null, primary key (id, direction))""",
    "create index extracts_oldest on audit.extracts (asked_at, id)",
    "create index extracts_case on audit.extracts (case_id) where case_id is not null",
    """create table audit.extract_parts (
    request_id uuid not null, part integer not null, parts integer not null, withheld integer not null,
    content jsonb not null, at timestamptz not null, primary key (request_id, part))""",
    """create index entries_resource on audit.entries ((details ->> 'resource_id'))
    where type = 'record.read.v1' and details ->> 'resource_id' is not null""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
