"""The tables of the case file, as intake's migrations leave them."""

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import BOOLEAN, BYTEA, DATE, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, OneOf, columns_of, filled, required
from contracts.casefile import fields
from contracts.codes import codes
from services.intake.casefile.domain.age import Basis, Group
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.pair import PairState
from services.intake.casefile.domain.received import ReceivedGrant, ReceivedState
from services.intake.casefile.domain.undertaking import UndertakingKind, UndertakingState

META = MetaData(schema="intake")
OWN, RECEIVED = "own", "received"
"""Where the value of a field comes from."""

CASES = Table(
    "cases",
    META,
    Column("id", UUID, primary_key=True),
    required("person_id", UUID),
    required("organisation", TEXT),
    filled("workers", TEXTS, "'{}'"),
    required("channel", TEXT),
    required("urgency", TEXT),
    required("opened_at", TIMESTAMPTZ),
    required("opened_by", TEXT),
    filled("updated_at", TIMESTAMPTZ, "now()"),
    filled("state", OneOf(CaseState), "'open'"),
    Column("flags", TEXT),
    Column("came_flags", TEXT),
    filled("age_group", OneOf(Group), "'child'"),
    filled("age_basis", OneOf(Basis), "'unknown'"),
    filled("age_doubted", BOOLEAN, "false"),
    filled("age_revision", INTEGER, "0"),
    filled("status_revision", INTEGER, "0"),
    filled("fields_revision", INTEGER, "0"),
    filled("version", INTEGER, "1"),
    Column("transfer_id", UUID),
    Column("transfer_to", TEXT),
    Column("transfer_state", OneOf(codes("referral_state"))),
    Column("transfer_at", TIMESTAMPTZ),
    Column("hold_until", TIMESTAMPTZ),
    Column("flagged", BOOLEAN),
    filled("covers", TEXTS, "'{}'"),
)

FIELDS = Table(
    "fields",
    META,
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("field", OneOf(fields.FIELDS)),
    required("source", OneOf((OWN, RECEIVED))),
    Column("disclosure_id", UUID),
    required("organisation", TEXT),
    required("value", TEXT),
    required("recorded_at", TIMESTAMPTZ),
    required("recorded_by", TEXT),
)
ONE_VALUE = Index(
    "fields_one",
    FIELDS.c.case_id,
    FIELDS.c.field,
    text("coalesce(disclosure_id, '00000000-0000-0000-0000-000000000000')"),
    unique=True,
)
"""Of each field of a case its own value, and one of each disclosure."""

FIELD_REVISIONS = Table(
    "field_revisions",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
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
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("by", TEXT),
    required("organisation", TEXT),
    required("at", TIMESTAMPTZ),
    required("reason", TEXT),
    Column("review", OneOf(codes("glass_review"))),
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
    required("state", OneOf(ReceivedState)),
    Column("kind", OneOf(codes("referral_kind"))),
    *columns_of(ReceivedGrant, without=["disclosure_id", "recipient", "kind"]),
    required("received_at", TIMESTAMPTZ),
    Column("closed_at", TIMESTAMPTZ),
    Column("closed_for", TEXT),
    Column("retained_by", TEXT),
    filled("corrected", TEXTS, "'{}'"),
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
    Column("organisation", TEXT),
    Column("due_at", TIMESTAMPTZ),
)

LISTED_CASES = Table(
    "listed_cases",
    META,
    Column("case_id", UUID, primary_key=True),
    Column("list", TEXT, primary_key=True),
    required("organisation", TEXT),
    required("opened_at", TIMESTAMPTZ),
)

LISTED_DUE = Table(
    "listed_due",
    META,
    Column("case_id", UUID, primary_key=True),
    Column("list", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    required("organisation", TEXT),
    required("due_at", TIMESTAMPTZ),
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
    filled("recalled", BOOLEAN, "false"),
    Column("recalled_at", TIMESTAMPTZ),
    Column("answered_at", TIMESTAMPTZ),
)

BLIND_INDEX = Table(
    "blind_index",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
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

OWN_NUMBERS = Table(
    "own_numbers",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    required("organisation", TEXT),
    required("entry", BYTEA),
    required("value", TEXT),
    UniqueConstraint("organisation", "entry"),
)

PAIRS = Table(
    "pairs",
    META,
    Column("first_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    Column("second_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    required("organisation", TEXT),
    required("decision", OneOf(PairState)),
    required("reason", TEXT),
    Column("lead_id", UUID),
    required("decided_at", TIMESTAMPTZ),
    required("decided_by", TEXT),
    filled("version", INTEGER, "1"),
)

DEPENDANTS = Table(
    "dependants",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("dependant_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    required("relation", TEXT),
    required("linked_at", TIMESTAMPTZ),
    required("linked_by", TEXT),
    Column("reason", TEXT),
    Column("ended_at", TIMESTAMPTZ),
    Column("ended_by", TEXT),
)
ONE_LINK = Index(
    "dependants_one",
    func.least(DEPENDANTS.c.case_id, DEPENDANTS.c.dependant_id),
    func.greatest(DEPENDANTS.c.case_id, DEPENDANTS.c.dependant_id),
    unique=True,
    postgresql_where=DEPENDANTS.c.ended_at.is_(None),
)
"""Two cases are linked once, from whichever side."""

UNDERTAKINGS = Table(
    "undertakings",
    META,
    Column("id", UUID, primary_key=True),
    Column("half", OneOf((*codes("half"), *codes("return_half"))), primary_key=True),
    required("case_id", UUID),
    required("kind", OneOf(UndertakingKind)),
    required("state", OneOf(UndertakingState)),
    Column("service", TEXT),
    Column("sent_at", TIMESTAMPTZ),
)
"""Halves of referrals and returns, of which intake only needs to know whether somebody waits for them."""

STATISTICS = Table(
    "statistics",
    META,
    Column("month", DATE, primary_key=True),
    Column("name", TEXT, primary_key=True),
    required("cells", JSONB),
    Column("total", INTEGER),
    required("counted_at", TIMESTAMPTZ),
)
