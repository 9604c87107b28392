"""The tables of reports, as intake's migrations leave them."""

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.dialects.postgresql import ARRAY, BOOLEAN, DATE, INTEGER, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from services.intake.casefile.store.tables import CASES
from services.intake.reports.domain.calls import CallState
from services.intake.reports.domain.incidents import IncidentState

META = MetaData(schema="intake")

CALLS = Table(
    "calls",
    META,
    Column("id", UUID, primary_key=True),
    required("organisation", TEXT),
    required("worker", TEXT),
    required("kind", TEXT),
    required("urgency", TEXT),
    required("state", OneOf(CallState)),
    required("flagged", BOOLEAN),
    required("owner", UUID),
    required("sealing", INTEGER),
    Column("content", TEXT),
    Column("case_id", UUID, ForeignKey(CASES.c.id)),
    Column("agreed", TEXT),
    Column("reason", TEXT),
    required("started_at", TIMESTAMPTZ),
    Column("ends_at", TIMESTAMPTZ),
    required("updated_at", TIMESTAMPTZ),
    required("updated_by", TEXT),
    filled("version", INTEGER, "1"),
)

INCIDENTS = Table(
    "incidents",
    META,
    Column("id", UUID, primary_key=True),
    required("organisation", TEXT),
    required("kind", TEXT),
    Column("province", TEXT),
    required("month", DATE),
    required("certainty", TEXT),
    required("with_all", BOOLEAN),
    required("shared_with", ARRAY(TEXT)),
    Column("content", TEXT),
    required("state", OneOf(IncidentState)),
    Column("reason", TEXT),
    Column("shared_at", TIMESTAMPTZ),
    required("revision", INTEGER),
    required("recorded_at", TIMESTAMPTZ),
    required("recorded_by", TEXT),
    required("updated_at", TIMESTAMPTZ),
    required("updated_by", TEXT),
    filled("version", INTEGER, "1"),
)
