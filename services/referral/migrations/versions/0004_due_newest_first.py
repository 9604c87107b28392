"""The index along which those that are due by a day are found newest first, without a look at any that is not."""

from alembic import op

revision = "referral_0004"
down_revision = "referral_0003"


def upgrade() -> None:
    op.execute(
        "create index referrals_open on referral.referrals (organisation, created_at desc, id desc, respond_by)"
        " where state in ('requested', 'received') and respond_by is not null"
    )
