"""The table of drafts, as intake's migrations leave it."""

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects.postgresql import BOOLEAN, INTEGER, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from services.intake.drafts.domain.draft import DraftKind, DraftState

META = MetaData(schema="intake")

DRAFTS = Table(
    "drafts",
    META,
    Column("id", UUID, primary_key=True),
    required("kind", OneOf(DraftKind)),
    required("case_id", UUID),
    required("person_id", UUID),
    required("organisation", TEXT),
    required("worker", TEXT),
    required("state", OneOf(DraftState)),
    required("urgency", TEXT),
    Column("checklist", TEXT),
    Column("checklist_version", TEXT),
    Column("content", TEXT),
    required("flagged", BOOLEAN),
    Column("remind_at", TIMESTAMPTZ),
    Column("reason", TEXT),
    Column("result_id", UUID),
    required("started_at", TIMESTAMPTZ),
    required("started_by", TEXT),
    required("updated_at", TIMESTAMPTZ),
    required("updated_by", TEXT),
    filled("version", INTEGER, "1"),
)
