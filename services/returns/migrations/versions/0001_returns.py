"""Both halves of returns, and what was heard of their cases."""

from alembic import op

from chassis.row_security import by_case

revision = "returns_0001"
down_revision = None

STATEMENTS = """
create table returns.known (
    case_id uuid primary key, age_group text, flags text, holds jsonb not null, accepted jsonb not null);
create table returns.returns (
    id uuid not null, half text not null check (half in ('sending', 'receiving')), case_id uuid not null,
    organisation text not null, sender text not null, receiver text not null, receiver_cell text not null,
    requested_at timestamptz not null, state text not null, result text, grounds text, assessor text, clearer text,
    reason text, outcome text, checks jsonb not null default '{}', expected_at timestamptz, handover text,
    escorted boolean, counselled_at timestamptz, decided_at timestamptz, confirmed_at timestamptz,
    assessed_at timestamptz, cleared_at timestamptz, suspended_at timestamptz, departed_at timestamptz,
    overdue_at timestamptz, missed_at timestamptz, turned_back_at timestamptz, arrived_at timestamptz,
    closed_at timestamptz, withdrawn_at timestamptz, version integer not null, primary key (id, half));
create index returns_case on returns.returns (case_id);
create index returns_worklist on returns.returns (organisation, requested_at desc, id desc);
create unique index one_open_return on returns.returns (case_id)
    where half = 'sending' and state not in ('arrived', 'closed', 'withdrawn')
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in by_case("returns", ("known", "returns")):
        op.execute(statement)
