"""Changes of the directory by two people, and organisations that are suspended."""

from alembic import op

revision = "directory_0002"
down_revision = "directory_0001"

STATEMENTS = """
alter table directory.organisations
    add column suspended boolean not null default false, add column cases_to text, add column cases_to_organisation text;
create table directory.proposals (
    id uuid primary key, change text not null, organisation text not null, name text, role text, type text, status text,
    worker text, staff_role text, cases_to text, cases_to_organisation text, ticket text not null, state text not null,
    proposed_by text not null, proposed_at timestamptz not null, due_at timestamptz not null, decided_by text,
    decided_at timestamptz, version integer not null);
create index proposals_newest on directory.proposals (proposed_at desc, id desc);
create index proposals_organisation on directory.proposals (organisation, state)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
