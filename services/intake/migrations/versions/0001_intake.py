"""Cases, sealed fields, findings, what was received from elsewhere, and which rows of files are cases."""

from alembic import op

from chassis.row_security import by_case, by_case_or_organisation

revision = "intake_0001"
down_revision = None

STATEMENTS = """
create table intake.cases (
    id uuid primary key, person_id uuid not null, organisation text not null, workers text[] not null default '{}',
    channel text not null, urgency text not null, opened_at timestamptz not null, opened_by text not null,
    updated_at timestamptz not null default now(),
    state text not null default 'open' check (state in ('open', 'handed_over', 'erased')), flags text, came_flags text,
    age_group text not null default 'child', age_basis text not null default 'unknown',
    age_doubted boolean not null default false, age_revision integer not null default 0,
    status_revision integer not null default 0, fields_revision integer not null default 0, version integer not null default 1,
    transfer_id uuid, transfer_to text, transfer_state text, transfer_at timestamptz);
create index cases_submitted on intake.cases (opened_by, opened_at desc, id desc);
create index cases_worklist on intake.cases (organisation, opened_at desc, id desc);
create index cases_person on intake.cases (person_id);
create index cases_children on intake.cases (id) where age_group = 'child' and age_basis <> 'unknown';
create table intake.fields (
    case_id uuid not null references intake.cases, field text not null,
    source text not null check (source in ('own', 'received')), disclosure_id uuid, organisation text not null,
    value text not null, recorded_at timestamptz not null, recorded_by text not null,
    check ((source = 'received') = (disclosure_id is not null)));
create unique index fields_one on intake.fields
    (case_id, field, coalesce(disclosure_id, '00000000-0000-0000-0000-000000000000'));
create table intake.field_revisions (
    case_id uuid not null references intake.cases, revision integer not null, field text not null, value text,
    organisation text not null, at timestamptz not null, by text not null, reason text,
    primary key (case_id, revision, field));
create table intake.screenings (
    id uuid primary key, case_id uuid not null references intake.cases, organisation text not null,
    requested text not null, checklist text not null, checklist_version text not null, result text not null,
    answers text not null, at timestamptz not null, by text not null);
create index screenings_of_case on intake.screenings (case_id, at);
create table intake.statuses (
    case_id uuid not null references intake.cases, revision integer not null, organisation text not null,
    deciding_organisation text not null, status text not null, reasons text not null, at timestamptz not null,
    by text not null, primary key (case_id, revision));
create table intake.age_assessments (
    case_id uuid not null references intake.cases, revision integer not null, organisation text not null,
    age_group text not null, evidence text not null, reasons text not null, at timestamptz not null,
    by text not null, primary key (case_id, revision));
create table intake.needs (
    id uuid primary key, case_id uuid not null references intake.cases, organisation text not null,
    urgency text not null, needs text not null, at timestamptz not null, by text not null);
create index needs_of_case on intake.needs (case_id, at);
create table intake.holds (
    id uuid primary key, case_id uuid not null references intake.cases, organisation text not null,
    until timestamptz not null, placed_at timestamptz not null, placed_by text not null, lifted_at timestamptz,
    lifted_by text);
create index holds_of_case on intake.holds (case_id, placed_at);
create table intake.broken_glass (
    id uuid primary key, case_id uuid not null references intake.cases, by text not null, organisation text not null,
    at timestamptz not null, reason text not null, review text check (review in ('upheld', 'not-upheld')),
    reviewed_at timestamptz, reviewed_by text);
create index broken_glass_by on intake.broken_glass (by, organisation);
create index broken_glass_case on intake.broken_glass (case_id, at);
create table intake.disclosures (
    id uuid primary key, case_id uuid not null, referral_id uuid not null, organisation text,
    state text not null check (state in ('held', 'accepted', 'erased', 'restricted', 'stopped')),
    sender text, sender_cell text, service text, purpose text, agreement_id text, agreement_version integer,
    consent_revision integer, consent_sha256 text, kind text, fields text[], back_categories text[], valid_until timestamptz,
    received_at timestamptz not null, closed_at timestamptz, closed_for text, retained_by text,
    corrected text[] not null default '{}');
create index disclosures_of_referral on intake.disclosures (referral_id);
create index disclosures_of_case on intake.disclosures (case_id);
create table intake.attention (
    case_id uuid primary key, since timestamptz not null, by text not null, opened_at timestamptz,
    alarmed_at timestamptz, left_at timestamptz, import_id uuid);
create table intake.accepted_referrals (case_id uuid not null, referral_id uuid not null, primary key (case_id, referral_id));
create table intake.authorised (
    disclosure_id uuid primary key, case_id uuid, fields text[], valid_until timestamptz,
    recalled boolean not null default false);
create table intake.blind_index (
    case_id uuid not null references intake.cases, organisation text not null, entry bytea not null,
    asks boolean not null, answers boolean not null, primary key (case_id, entry));
create index blind_index_entry on intake.blind_index (organisation, entry) where answers;
create table intake.opened_cases (
    actor text not null, day date not null, case_id uuid not null, primary key (actor, day, case_id));
create table intake.limits_passed (actor text not null, day date not null, primary key (actor, day));
create table intake.file_rows (
    organisation text not null, row_key bytea not null, content bytea not null, case_id uuid not null,
    import_id uuid not null, line integer not null,
    primary key (organisation, row_key))
"""

OF_A_CASE = (
    "fields", "field_revisions", "screenings", "statuses", "age_assessments", "needs", "holds", "disclosures", "blind_index",
)  # fmt: skip


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    for statement in (
        *by_case_or_organisation("intake", "cases", "id"),
        *by_case_or_organisation("intake", "broken_glass", "case_id"),
        *by_case("intake", OF_A_CASE),
    ):
        op.execute(statement)
