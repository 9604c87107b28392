"""The indexes along which consents that end soon, or that a second person has to act on, are found newest first."""

from alembic import op

revision = "consent_0009"
down_revision = "consent_0008"

STATEMENTS = """
create index records_running on consent.records (organisation, created_at desc, id desc, valid_until)
    where state in ('requested', 'given', 'renewed', 'protected');
create index records_unapproved on consent.records (organisation, created_at desc, id desc)
    where state = 'requested' and terms ->> 'legal_basis' = 'immediate-protection';
create index records_unconfirmed on consent.records (organisation, created_at desc, id desc)
    where state = 'requested' and terms ->> 'capacity' in ('best-interests', 'guardian') and terms ->> 'confirmed_by' is null
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
