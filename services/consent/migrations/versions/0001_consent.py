"""Consent records and their revisions, disclosures and their ledger, grants received, and what consent is told."""

from alembic import op

from chassis.row_security import by_case, by_parent

revision = "consent_0001"
down_revision = None

STATEMENTS = """
create table consent.ages (case_id uuid primary key, age_group text not null);
create table consent.records (
    id uuid primary key, case_id uuid not null, organisation text not null, state text not null,
    revision integer not null, head text not null, salt text not null, valid_until timestamptz not null,
    terms jsonb not null, sealed jsonb not null, created_at timestamptz not null default clock_timestamp());
create index records_case on consent.records (case_id, created_at, id);
create index records_unreviewed on consent.records (created_at, id)
    where terms ->> 'legal_basis' = 'immediate-protection' and terms ->> 'reviewed_by' is null;
create table consent.revisions (
    consent_id uuid not null references consent.records (id), number integer not null, body jsonb not null,
    hash text not null, primary key (consent_id, number));
create table consent.disclosures (
    id uuid primary key, case_id uuid not null, referral_id uuid not null, stage text not null,
    consent_id uuid references consent.records (id), refusal text, recalled_for text,
    ended_for text, ended_at timestamptz, reads_until timestamptz, fence_due boolean not null,
    purpose text not null, sender text not null, recipient text not null, recipient_cell text not null,
    recipient_role text not null, service text not null, urgency text not null, kind text not null, asked text[] not null,
    revision integer, revision_hash text, agreement_id text, agreement_version integer, agreement_sha256 text,
    fields text[], fields_hash text, withheld jsonb, back_categories text[], valid_until timestamptz,
    basis text, law text);
create index disclosures_case on consent.disclosures (case_id, id);
create index disclosures_consent on consent.disclosures (consent_id, id);
create index disclosures_agreement on consent.disclosures (agreement_id, case_id)
    where stage in ('authorised', 'sealed', 'delivered', 'undelivered');
create index disclosures_fence_due on consent.disclosures (consent_id) where fence_due;
create table consent.ledger (
    pos bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(),
    disclosure_id uuid not null, case_id uuid not null, organisation text not null, consent_id uuid,
    step text not null, recipient text not null, recipient_cell text not null, revision integer,
    fields text[] not null, code text, law text, token_id uuid);
create index ledger_case on consent.ledger (case_id, pos);
create index ledger_recalls on consent.ledger (disclosure_id) where step = 'answered';
create table consent.grants (
    disclosure_id uuid primary key, case_id uuid not null, closed boolean not null, closed_for text,
    referral_id uuid, sender text, sender_cell text, recipient text, purpose text,
    fields text[], back_categories text[], consent_revision integer, consent_sha256 text,
    agreement_id text, agreement_version integer, valid_until timestamptz, basis text, law text);
create index grants_case on consent.grants (case_id, disclosure_id);
create table consent.sent_in_error (referral_id uuid primary key, case_id uuid not null);
create index sent_in_error_case on consent.sent_in_error (case_id);
create table consent.agreements (
    id text not null, version integer not null, sha256 text not null, cells text[] not null,
    purposes text[] not null, fields text[] not null, valid_from timestamptz not null,
    valid_until timestamptz not null, retention_days integer not null, primary key (id, version))
"""

APPEND_ONLY = """
create function consent.append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$
"""

TRIGGER = """
create trigger append_only before update or delete or truncate on consent.{table}
for each statement execute function consent.append_only()
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    op.execute(APPEND_ONLY)
    for table in ("revisions", "ledger"):
        op.execute(TRIGGER.format(table=table))
    for statement in (
        *by_case("consent", ("ages", "records", "disclosures", "ledger", "grants", "sent_in_error")),
        *by_parent("consent", "revisions", "select from consent.records r where r.id = consent_id"),
    ):
        op.execute(statement)
