"""Trust lists and versions of agreements that governance signed, put in by one operator and confirmed by another."""

from alembic import op

revision = "exchange_0005"
down_revision = "exchange_0004"

STATEMENTS = (
    """create table exchange.trust_documents (
    id uuid primary key, agreement_id text not null, number integer not null, sha256 text not null, counts_from timestamptz not null,
    content jsonb not null, ticket text not null,
    state text not null check (state in ('proposed', 'confirmed', 'withdrawn')),
    proposed_by text not null, proposed_at timestamptz not null, decided_by text, decided_at timestamptz, version integer not null)""",
    """create unique index trust_documents_one on exchange.trust_documents (agreement_id, number)
    where state in ('proposed', 'confirmed')""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
