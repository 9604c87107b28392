"""The tables of identification, as intake's migrations leave them. Each refers to a case and to nothing else."""

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import INTEGER, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, required
from services.intake.casefile.store.tables import CASES

META = MetaData(schema="intake")

SCREENINGS = Table(
    "screenings",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    required("requested", TEXT),
    required("checklist", TEXT),
    required("checklist_version", TEXT),
    required("result", TEXT),
    required("answers", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
    Column("corrects", UUID),
    Column("reason", TEXT),
)
CORRECTED_ONCE = Index(
    "screenings_corrected_once",
    SCREENINGS.c.corrects,
    unique=True,
    postgresql_where=text("corrects is not null"),
)

FORM_ANSWERS = Table(
    "form_answers",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    required("organisation", TEXT),
    required("form", TEXT),
    required("form_version", TEXT),
    required("answers", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
)

STATUSES = Table(
    "statuses",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    Column("revision", INTEGER, primary_key=True),
    required("organisation", TEXT),
    required("deciding_organisation", TEXT),
    required("status", TEXT),
    required("reasons", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
)

AGE_ASSESSMENTS = Table(
    "age_assessments",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    Column("revision", INTEGER, primary_key=True),
    required("organisation", TEXT),
    required("age_group", TEXT),
    required("evidence", TEXT),
    required("reasons", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
)

NEEDS = Table(
    "needs",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    required("urgency", TEXT),
    required("needs", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
)

HOLDS = Table(
    "holds",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    required("until", TIMESTAMPTZ),
    required("placed_at", TIMESTAMPTZ),
    required("placed_by", TEXT),
    Column("lifted_at", TIMESTAMPTZ),
    Column("lifted_by", TEXT),
)
