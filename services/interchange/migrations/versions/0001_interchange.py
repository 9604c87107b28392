"""Imports of files: their sealed chunks while they are open, their progress, and what became of each row."""

from alembic import op

from chassis.row_security import by_nobody, by_organisation, by_parent

revision = "interchange_0001"
down_revision = None

STATEMENTS = """
create table interchange.imports (
    id uuid primary key, organisation text not null, by text not null, purpose text not null, policy text not null,
    total integer not null, done integer not null, created integer not null default 0,
    duplicates integer not null default 0, errors integer not null, at timestamptz not null, ended_at timestamptz);
create table interchange.chunks (
    import_id uuid not null references interchange.imports, number integer not null, sealed text not null,
    primary key (import_id, number));
create table interchange.results (
    import_id uuid not null references interchange.imports, number bigint generated always as identity,
    line integer not null, outcome text not null check (outcome in ('opened', 'duplicate', 'refused')),
    "column" text, reason text, case_id uuid, primary key (import_id, line, number))
"""
OF_AN_IMPORT = "select from interchange.imports i where i.id = results.import_id"


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in (
        *by_organisation("interchange", {"imports": "organisation"}),
        *by_parent("interchange", "results", OF_AN_IMPORT),
        *by_nobody("interchange", ("chunks",)),
    ):
        op.execute(statement)
