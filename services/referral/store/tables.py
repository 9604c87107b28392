"""The tables of referral, as its migrations leave them."""

from sqlalchemy import Column, Computed, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import INTEGER, JSONB, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, minute_of, one_of, required
from services.referral.domain.states import UNANSWERED, Half, Kind, State

META = MetaData(schema="referral")

REFERRALS = Table(
    "referrals",
    META,
    Column("id", UUID, primary_key=True),
    Column("half", OneOf(Half), primary_key=True),
    required("case_id", UUID),
    required("organisation", TEXT),
    required("sender", TEXT),
    required("sender_cell", TEXT),
    required("recipient", TEXT),
    required("recipient_cell", TEXT),
    required("recipient_role", TEXT),
    required("service", TEXT),
    required("purpose", TEXT),
    required("urgency", TEXT),
    required("asked", JSONB),
    required("created_at", TIMESTAMPTZ),
    required("kind", OneOf(Kind)),
    required("state", OneOf(State)),
    Column("reason", TEXT),
    Column("outcome", TEXT),
    Column("disclosure_id", UUID),
    required("fields", JSONB),
    required("withheld", JSONB),
    Column("sent_at", TIMESTAMPTZ),
    Column("received_at", TIMESTAMPTZ),
    Column("answered_at", TIMESTAMPTZ),
    Column("ended_at", TIMESTAMPTZ),
    Column("respond_by", TIMESTAMPTZ),
    Column("reminded_at", TIMESTAMPTZ),
    required("version", INTEGER),
    filled("updated_at", TIMESTAMPTZ, "now()"),
    required("updated_minute", TIMESTAMPTZ, Computed(minute_of("updated_at"), persisted=True)),
)
_UNANSWERED = f"state in {one_of(UNANSWERED)}"
ONE_OFFER = Index(
    "one_open_offer",
    REFERRALS.c.case_id,
    REFERRALS.c.recipient,
    REFERRALS.c.purpose,
    unique=True,
    postgresql_where=text(f"half = '{Half.OUTGOING}' and {_UNANSWERED}"),
)
ONE_TRANSFER = Index(
    "one_open_transfer",
    REFERRALS.c.case_id,
    unique=True,
    postgresql_where=text(f"half = '{Half.OUTGOING}' and kind = '{Kind.TRANSFER}' and {_UNANSWERED}"),
)

CONSENTS = Table(
    "consents",
    META,
    Column("consent_id", UUID, primary_key=True),
    required("case_id", UUID),
    required("revision", INTEGER),
    required("purposes", JSONB),
    required("recipients", JSONB),
    required("valid_until", TIMESTAMPTZ),
)

AGE_GROUPS = Table(
    "age_groups",
    META,
    Column("case_id", UUID, primary_key=True),
    required("age_group", TEXT),
    required("basis", TEXT),
)

OFFERED = Table(
    "offered",
    META,
    Column("organisation", TEXT, primary_key=True),
    Column("service_id", TEXT, primary_key=True),
    required("service", TEXT),
    Column("minimum_age", INTEGER),
    Column("maximum_age", INTEGER),
)
