"""The instant of the last change of each half, and the indexes that lists are ordered and narrowed by."""

from alembic import op

from chassis.row_security import each_of_case, stated_anew

revision = "referral_0003"
down_revision = "referral_0002"

STATEMENTS = """
alter table referral.referrals add column updated_at timestamptz not null default now();
create index referrals_changed on referral.referrals (organisation, updated_at desc, id desc);
create index referrals_due on referral.referrals (organisation, respond_by, id)
    where state in ('requested', 'received') and respond_by is not null;
create index referrals_late on referral.referrals (organisation, created_at desc, id desc)
    where state in ('requested', 'received') and reminded_at is not null;
create index referrals_by_half on referral.referrals (organisation, half, created_at desc, id desc);
create index referrals_by_state on referral.referrals (organisation, state, created_at desc, id desc);
create index referrals_by_partner on referral.referrals
    (organisation, (case half when 'outgoing' then recipient else sender end), created_at desc, id desc);
create index referrals_by_waiting on referral.referrals (organisation, ({waiting}), created_at desc, id desc)
    where ({waiting}) is not null;
create index referrals_by_urgency on referral.referrals (organisation, urgency, created_at desc, id desc);
create index referrals_by_service on referral.referrals (organisation, service, created_at desc, id desc);
create index referrals_by_purpose on referral.referrals (organisation, purpose, created_at desc, id desc);
create index referrals_transfers on referral.referrals (organisation, created_at desc, id desc) where kind = 'transfer'
"""
WAITING = """
case when state = 'draft' then 'own'
    when state in ('requested', 'received') or (state in ('accepted', 'in_progress', 'on_hold') and kind = 'referral')
    then case half when 'incoming' then 'own' else 'partner' end end
"""


def upgrade() -> None:
    rules = stated_anew(each_of_case("referral", ("referrals", "consents")))
    for statement in (*STATEMENTS.format(waiting=WAITING).split(";\n"), *rules):
        op.execute(statement)
