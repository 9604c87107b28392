"""Notes on a case with their revisions. Every text is ciphertext; the category says on what occasion, and nothing more."""

from alembic import op

from chassis.row_security import of_case, secured

revision = "intake_0005"
down_revision = "intake_0004"

STATEMENTS = """
create table intake.notes (
    id uuid primary key, case_id uuid not null references intake.cases, organisation text not null,
    category text not null, by text not null, at timestamptz not null,
    state text not null default 'standing' check (state in ('standing', 'struck')),
    revision integer not null default 1);
create index notes_of_case on intake.notes (case_id, at desc, id desc);
create table intake.note_revisions (
    note_id uuid not null references intake.notes, revision integer not null,
    case_id uuid not null references intake.cases, organisation text not null, text text, reason text,
    by text not null, at timestamptz not null, primary key (note_id, revision));
create index note_revisions_of_case on intake.note_revisions (case_id)
"""


def upgrade() -> None:
    for statement in (*STATEMENTS.split(";\n"), *secured(of_case("intake", ("notes", "note_revisions")))):
        op.execute(statement)
