"""The minute of the last change, along which lists in that order go, so that what changes a row twice in a minute writes into no index."""

from alembic import op

revision = "referral_0005"
down_revision = "referral_0004"

STATEMENTS = """
drop index referral.referrals_changed;
alter table referral.referrals set (fillfactor = 50);
alter table referral.referrals add column updated_minute timestamptz not null
    generated always as (date_bin(interval '1 minute', updated_at, timestamptz 'epoch')) stored;
create index referrals_changed_in on referral.referrals (organisation, updated_minute desc)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
