"""Organisations of both countries with their services, and the staff of this cell's."""

from alembic import op

revision = "directory_0001"
down_revision = None

STATEMENTS = """
create table directory.organisations (
    id text primary key, cell text not null, role text not null, name text not null, status text not null,
    details jsonb not null, version integer not null, seeded text,
    told bigint not null default 0);
create table directory.services (
    organisation text not null references directory.organisations (id), id text not null, service text not null,
    name text not null, status text not null, capacity text not null, details jsonb not null,
    primary key (organisation, id));
create index services_code on directory.services (service, organisation);
create table directory.staff (
    organisation text not null, worker text not null, roles text[] not null, primary key (organisation, worker))
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
