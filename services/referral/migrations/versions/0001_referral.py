"""Both halves of referrals, and what was heard of consents, ages and offered services."""

from alembic import op

from chassis.row_security import by_case

revision = "referral_0001"
down_revision = None

STATEMENTS = """
create table referral.referrals (
    id uuid not null, half text not null check (half in ('outgoing', 'incoming')), case_id uuid not null,
    organisation text not null, sender text not null, sender_cell text not null, recipient text not null,
    recipient_cell text not null, recipient_role text not null, service text not null, purpose text not null,
    urgency text not null, asked jsonb not null, created_at timestamptz not null,
    kind text not null check (kind in ('referral', 'transfer')),
    state text not null, reason text, outcome text, disclosure_id uuid, fields jsonb not null,
    withheld jsonb not null, sent_at timestamptz, received_at timestamptz, answered_at timestamptz,
    ended_at timestamptz, respond_by timestamptz, reminded_at timestamptz, version integer not null,
    primary key (id, half)) with (fillfactor = 80);
create index referrals_case on referral.referrals (case_id);
create index referrals_worklist on referral.referrals (organisation, created_at desc, id desc);
create unique index one_open_offer on referral.referrals (case_id, recipient, purpose)
    where half = 'outgoing' and state in ('draft', 'requested', 'received');
create unique index one_open_transfer on referral.referrals (case_id)
    where half = 'outgoing' and kind = 'transfer' and state in ('draft', 'requested', 'received');
create table referral.consents (
    consent_id uuid primary key, case_id uuid not null, revision integer not null, purposes jsonb not null,
    recipients jsonb not null, valid_until timestamptz not null);
create index consents_case on referral.consents (case_id);
create table referral.age_groups (case_id uuid primary key, age_group text not null, basis text not null);
create table referral.offered (
    organisation text not null, service_id text not null, service text not null, minimum_age integer,
    maximum_age integer, primary key (organisation, service_id))
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in by_case("referral", ("referrals", "consents", "age_groups")):
        op.execute(statement)
