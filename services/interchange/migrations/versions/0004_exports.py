"""Files that go out: sealed rows while they are gathered, then the sealed file, for a short time."""

from alembic import op

from chassis.row_security import of_organisation, of_parent, secured

revision = "interchange_0004"
down_revision = "interchange_0003"

STATEMENTS = """
create table interchange.exports (
    id uuid primary key, organisation text not null, by text not null, roles text[] not null, purpose text not null,
    format text not null check (format in ('csv', 'xlsx', 'workbook')),
    cases integer not null default 0, size integer not null default 0, after uuid, lost jsonb,
    reason text check (reason in ('too-large', 'too-many-cases', 'took-too-long', 'unreadable')),
    at timestamptz not null, ready_at timestamptz, expires_at timestamptz, ended_at timestamptz);
create index exports_newest on interchange.exports (organisation, by, at desc, id desc);
create table interchange.export_parts (
    export_id uuid not null references interchange.exports, kind text not null check (kind in ('rows', 'file')),
    number integer not null, sealed text not null, primary key (export_id, kind, number))
"""
OF_AN_EXPORT = "select from interchange.exports e where e.id = export_parts.export_id"


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    rules = (
        *of_organisation("interchange", {"exports": "organisation"}),
        *of_parent("interchange", "export_parts", OF_AN_EXPORT),
    )
    for statement in secured(rules):
        op.execute(statement)
