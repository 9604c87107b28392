"""The instant of the last change of each record, and the indexes that lists are ordered and narrowed by."""

from alembic import op

from chassis.row_security import each_of_case, stated_anew

revision = "consent_0008"
down_revision = "consent_0007"

STATEMENTS = """
alter table consent.records add column updated_at timestamptz not null default now();
create index records_newest on consent.records (organisation, created_at desc, id desc);
create index records_changed on consent.records (organisation, updated_at desc, id desc);
create index records_by_state on consent.records (organisation, state, created_at desc, id desc);
create index records_due on consent.records (organisation, valid_until, id)
    where state in ('requested', 'given', 'renewed', 'protected');
create index disclosures_recalled on consent.disclosures (consent_id) where stage = 'recalled'
"""


def upgrade() -> None:
    rules = stated_anew(each_of_case("consent", ("records", "disclosures")))
    for statement in (*STATEMENTS.split(";\n"), *rules):
        op.execute(statement)
