"""Of which revision of a consent it was told that it ends soon, so that it is told once."""

from alembic import op

from chassis.row_security import of_parent, secured

revision = "consent_0005"
down_revision = "consent_0004"

PARENT = "select from consent.records r where r.id = consent_id"


def upgrade() -> None:
    op.execute(
        "create table consent.reminders (consent_id uuid not null references consent.records (id),"
        " revision integer not null, at timestamptz not null default clock_timestamp(), primary key (consent_id, revision))"
    )
    op.execute(
        "create index records_ending on consent.records (valid_until) where state in ('given', 'renewed')"
    )
    for statement in secured(of_parent("consent", "reminders", PARENT)):
        op.execute(statement)
