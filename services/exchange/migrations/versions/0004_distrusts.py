"""Distrusts of keys and agreements, the keys of the trust list, and the keys of each envelope."""

from alembic import op

revision = "exchange_0004"
down_revision = "exchange_0003"

STATEMENTS = (
    """create table exchange.distrusts (
    id uuid primary key, kind text not null, name text not null, agreement_version integer not null, organisation text, use text,
    since timestamptz not null, ticket text not null,
    state text not null check (state in ('acting', 'confirmed', 'withdrawn')),
    declared_by text not null, declared_at timestamptz not null, due_at timestamptz not null,
    decided_by text, decided_at timestamptz, version integer not null)""",
    """create unique index distrusts_one on exchange.distrusts (kind, name, agreement_version)
    where state in ('acting', 'confirmed')""",
    """create table exchange.listed_keys (
    kid text primary key, organisation text not null, use text not null, not_before timestamptz, not_after timestamptz,
    listed boolean not null, lost_since timestamptz)""",
    "alter table exchange.envelopes add column keys text[] not null default '{}'",
    "alter table exchange.incoming_envelopes add column keys text[] not null default '{}'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
