"""The tables of reports, as intake's migrations leave them."""

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.dialects.postgresql import ARRAY, BOOLEAN, DATE, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from services.intake.casefile.store.tables import CASES
from services.intake.reports.domain.calls import CallState
from services.intake.reports.domain.incidents import IncidentState, PlaceLevel

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
    required("level", OneOf(PlaceLevel)),
    Column("province", TEXT),
    Column("district", TEXT),
    required("first_on", DATE),
    required("last_on", DATE),
    required("source", TEXT),
    required("certainty", TEXT),
    required("with_all", BOOLEAN),
    required("shared_with", ARRAY(TEXT)),
    required("owner", UUID),
    Column("content", TEXT),
    required("state", OneOf(IncidentState)),
    Column("merged_into", UUID, ForeignKey("intake.incidents.id")),
    required("revision", INTEGER),
    required("reported_at", TIMESTAMPTZ),
    required("reported_by", TEXT),
    required("updated_at", TIMESTAMPTZ),
    required("updated_by", TEXT),
    filled("version", INTEGER, "1"),
)

INCIDENT_REVISIONS = Table(
    "incident_revisions",
    META,
    Column("incident_id", UUID, ForeignKey(INCIDENTS.c.id), primary_key=True),
    Column("revision", INTEGER, primary_key=True),
    required("organisation", TEXT),
    required("account", JSONB),
    required("reason", TEXT),
    required("by", TEXT),
    required("at", TIMESTAMPTZ),
)
"""What was told before, in codes; its words are gone."""

INCIDENT_CASES = Table(
    "incident_cases",
    META,
    Column("incident_id", UUID, ForeignKey(INCIDENTS.c.id), primary_key=True),
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    required("organisation", TEXT),
    required("by", TEXT),
    required("at", TIMESTAMPTZ),
)
"""Which incident has to do with which case: seen by whoever has the case."""
