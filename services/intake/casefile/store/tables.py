"""The tables of the case file, as intake's migrations leave them."""

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects.postgresql import BOOLEAN, BYTEA, DATE, INTEGER, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, filled, required

META = MetaData(schema="intake")

CASES = Table(
    "cases",
    META,
    Column("id", UUID, primary_key=True),
    required("person_id", UUID),
    required("organisation", TEXT),
    filled("workers", TEXTS),
    required("channel", TEXT),
    required("urgency", TEXT),
    required("opened_at", TIMESTAMPTZ),
    required("opened_by", TEXT),
    filled("updated_at", TIMESTAMPTZ),
    filled("state", TEXT),
    Column("flags", TEXT),
    Column("came_flags", TEXT),
    filled("age_group", TEXT),
    filled("age_basis", TEXT),
    filled("age_doubted", BOOLEAN),
    filled("age_revision", INTEGER),
    filled("status_revision", INTEGER),
    filled("fields_revision", INTEGER),
    filled("version", INTEGER),
    Column("transfer_id", UUID),
    Column("transfer_to", TEXT),
    Column("transfer_state", TEXT),
    Column("transfer_at", TIMESTAMPTZ),
)

FIELDS = Table(
    "fields",
    META,
    required("case_id", UUID),
    required("field", TEXT),
    required("source", TEXT),
    Column("disclosure_id", UUID),
    required("organisation", TEXT),
    required("value", TEXT),
    required("recorded_at", TIMESTAMPTZ),
    required("recorded_by", TEXT),
)

FIELD_REVISIONS = Table(
    "field_revisions",
    META,
    Column("case_id", UUID, primary_key=True),
    Column("revision", INTEGER, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("value", TEXT),
    required("organisation", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
    Column("reason", TEXT),
)

BROKEN_GLASS = Table(
    "broken_glass",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID),
    required("by", TEXT),
    required("organisation", TEXT),
    required("at", TIMESTAMPTZ),
    required("reason", TEXT),
    Column("review", TEXT),
    Column("reviewed_at", TIMESTAMPTZ),
    Column("reviewed_by", TEXT),
)

DISCLOSURES = Table(
    "disclosures",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID),
    required("referral_id", UUID),
    Column("organisation", TEXT),
    required("state", TEXT),
    Column("sender", TEXT),
    Column("sender_cell", TEXT),
    Column("service", TEXT),
    Column("purpose", TEXT),
    Column("agreement_id", TEXT),
    Column("agreement_version", INTEGER),
    Column("consent_revision", INTEGER),
    Column("consent_sha256", TEXT),
    Column("kind", TEXT),
    Column("fields", TEXTS),
    Column("back_categories", TEXTS),
    Column("valid_until", TIMESTAMPTZ),
    required("received_at", TIMESTAMPTZ),
    Column("closed_at", TIMESTAMPTZ),
    Column("closed_for", TEXT),
    Column("retained_by", TEXT),
    filled("corrected", TEXTS),
)

ATTENTION = Table(
    "attention",
    META,
    Column("case_id", UUID, primary_key=True),
    required("since", TIMESTAMPTZ),
    required("by", TEXT),
    Column("opened_at", TIMESTAMPTZ),
    Column("alarmed_at", TIMESTAMPTZ),
    Column("left_at", TIMESTAMPTZ),
    Column("import_id", UUID),
)

ACCEPTED_REFERRALS = Table(
    "accepted_referrals",
    META,
    Column("case_id", UUID, primary_key=True),
    Column("referral_id", UUID, primary_key=True),
)

AUTHORISED = Table(
    "authorised",
    META,
    Column("disclosure_id", UUID, primary_key=True),
    Column("case_id", UUID),
    Column("fields", TEXTS),
    Column("valid_until", TIMESTAMPTZ),
    filled("recalled", BOOLEAN),
)

BLIND_INDEX = Table(
    "blind_index",
    META,
    Column("case_id", UUID, primary_key=True),
    required("organisation", TEXT),
    Column("entry", BYTEA, primary_key=True),
    required("asks", BOOLEAN),
    required("answers", BOOLEAN),
)

OPENED_CASES = Table(
    "opened_cases",
    META,
    Column("actor", TEXT, primary_key=True),
    Column("day", DATE, primary_key=True),
    Column("case_id", UUID, primary_key=True),
)

LIMITS_PASSED = Table(
    "limits_passed",
    META,
    Column("actor", TEXT, primary_key=True),
    Column("day", DATE, primary_key=True),
)
