"""Both halves of returns, and whose case is whose."""

from alembic import op

revision = "returns_0001"
down_revision = None

STATEMENTS = """
create table returns.people (
    case_id uuid primary key, person_id uuid not null, age_group text not null default 'child');
create table returns.returns (
    id uuid not null, half text not null check (half in ('sending', 'receiving')), case_id uuid not null,
    organisation text not null, sender text not null, receiver text not null, receiver_cell text not null,
    requested_at timestamptz not null, state text not null, result text, grounds text, assessor text, outcome text,
    decided_at timestamptz, assessed_at timestamptz, cleared_at timestamptz, departed_at timestamptz,
    arrived_at timestamptz, closed_at timestamptz, withdrawn_at timestamptz, version integer not null,
    primary key (id, half));
create index returns_case on returns.returns (case_id);
create index returns_worklist on returns.returns (organisation, requested_at desc, id desc);
create unique index one_open_return on returns.returns (case_id)
    where half = 'sending' and state not in ('closed', 'withdrawn')
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
