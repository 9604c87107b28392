"""The tables of consent, as its migrations leave them."""

from sqlalchemy import Column, ForeignKey, Identity, Index, MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import BIGINT, BOOLEAN, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, OneOf, columns_of, filled, required
from services.consent.domain.disclosure import Stage, Step
from services.consent.domain.grant import ReceivedTerms
from services.consent.domain.notice import NoticeState
from services.consent.domain.states import State

META = MetaData(schema="consent")

AGES = Table(
    "ages",
    META,
    Column("case_id", UUID, primary_key=True),
    required("age_group", TEXT),
)

RECORDS = Table(
    "records",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID),
    required("organisation", TEXT),
    required("state", OneOf(State)),
    required("revision", INTEGER),
    required("head", TEXT),
    required("salt", TEXT),
    required("valid_until", TIMESTAMPTZ),
    required("terms", JSONB),
    required("sealed", JSONB),
    filled("created_at", TIMESTAMPTZ, "clock_timestamp()"),
    filled("updated_at", TIMESTAMPTZ, "now()"),
)

REMINDERS = Table(
    "reminders",
    META,
    Column("consent_id", UUID, ForeignKey(RECORDS.c.id), primary_key=True),
    Column("revision", INTEGER, primary_key=True),
    filled("at", TIMESTAMPTZ, "clock_timestamp()"),
)

REVISIONS = Table(
    "revisions",
    META,
    Column("consent_id", UUID, ForeignKey(RECORDS.c.id), primary_key=True),
    Column("number", INTEGER, primary_key=True),
    required("body", JSONB),
    required("hash", TEXT),
)

DISCLOSURES = Table(
    "disclosures",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID),
    required("referral_id", UUID),
    required("stage", OneOf(Stage)),
    Column("consent_id", UUID, ForeignKey(RECORDS.c.id)),
    Column("refusal", TEXT),
    Column("recalled_for", TEXT),
    Column("ended_for", TEXT),
    Column("ended_at", TIMESTAMPTZ),
    Column("reads_until", TIMESTAMPTZ),
    required("fence_due", BOOLEAN),
    required("purpose", TEXT),
    required("sender", TEXT),
    required("recipient", TEXT),
    required("recipient_cell", TEXT),
    required("recipient_role", TEXT),
    required("service", TEXT),
    required("urgency", TEXT),
    required("kind", TEXT),
    required("asked", TEXTS),
    Column("revision", INTEGER),
    Column("revision_hash", TEXT),
    Column("agreement_id", TEXT),
    Column("agreement_version", INTEGER),
    Column("agreement_sha256", TEXT),
    Column("fields", TEXTS),
    Column("fields_hash", TEXT),
    Column("withheld", JSONB),
    Column("back_categories", TEXTS),
    Column("valid_until", TIMESTAMPTZ),
    Column("basis", TEXT),
    Column("law", TEXT),
)

LEDGER = Table(
    "ledger",
    META,
    Column("pos", BIGINT, Identity(always=True), primary_key=True),
    filled("at", TIMESTAMPTZ, "clock_timestamp()"),
    required("disclosure_id", UUID),
    required("case_id", UUID),
    required("organisation", TEXT),
    Column("consent_id", UUID),
    required("step", OneOf(Step)),
    required("recipient", TEXT),
    required("recipient_cell", TEXT),
    Column("revision", INTEGER),
    required("fields", TEXTS),
    Column("code", TEXT),
    Column("law", TEXT),
    Column("token_id", UUID),
)

GRANTS = Table(
    "grants",
    META,
    Column("disclosure_id", UUID, primary_key=True),
    required("case_id", UUID),
    required("closed", BOOLEAN),
    Column("closed_for", TEXT),
    *columns_of(ReceivedTerms, without=["disclosure_id"]),
)

SENT_IN_ERROR = Table(
    "sent_in_error",
    META,
    Column("referral_id", UUID, primary_key=True),
    required("case_id", UUID),
)

AGREEMENTS = Table(
    "agreements",
    META,
    Column("id", TEXT, primary_key=True),
    Column("version", INTEGER, primary_key=True),
    required("sha256", TEXT),
    required("cells", TEXTS),
    required("purposes", TEXTS),
    required("fields", TEXTS),
    required("valid_from", TIMESTAMPTZ),
    required("valid_until", TIMESTAMPTZ),
    required("retention_days", INTEGER),
)

NOTICES = Table(
    "notices",
    META,
    Column("id", UUID, primary_key=True),
    required("version", TEXT),
    required("language", TEXT),
    required("title", TEXT),
    required("paragraphs", TEXTS),
    required("reviewed", BOOLEAN),
    required("state", OneOf(NoticeState)),
    required("written_by", TEXTS),
    Column("approved_by", TEXT),
    Column("in_force_since", TIMESTAMPTZ),
    Column("ended_at", TIMESTAMPTZ),
    required("revision", INTEGER),
    Column("withdrawal_asked_by", TEXT),
    Column("withdrawal_asked_at", TIMESTAMPTZ),
    UniqueConstraint("version", "language"),
    Index(
        "notices_in_force",
        "language",
        unique=True,
        postgresql_where=text(f"state = '{NoticeState.IN_FORCE}'"),
    ),
)
"""The texts that are explained before she is asked: the cell's, and about nobody."""
