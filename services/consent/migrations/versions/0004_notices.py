"""The texts that are explained before she is asked; one is in force in each language. They are about nobody."""

from alembic import op

revision = "consent_0004"
down_revision = "consent_0003"

STATEMENTS = """
create table consent.notices (
    id uuid primary key, version text not null, language text not null, title text not null, paragraphs text[] not null,
    reviewed boolean not null, state text not null, written_by text[] not null, approved_by text,
    in_force_since timestamptz, ended_at timestamptz, revision integer not null, unique (version, language));
create unique index notices_in_force on consent.notices (language) where state = 'in-force'
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
