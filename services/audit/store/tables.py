"""The tables of audit, as its migrations leave them."""

from sqlalchemy import Column, MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BOOLEAN, BYTEA, DATE, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from services.audit.domain.account import Direction
from services.audit.domain.extract import ExtractState
from services.audit.domain.verification import State

META = MetaData(schema="audit")

HEAD = Table(
    "head",
    META,
    Column("one", BOOLEAN, primary_key=True, server_default=text("true")),
    required("entry", BIGINT),
    required("hash", TEXT),
)

VERIFICATIONS = Table(
    "verifications",
    META,
    Column("id", UUID, primary_key=True),
    required("actor", TEXT),
    required("begun_at", TIMESTAMPTZ),
    required("until", BIGINT),
    required("expected_head", TEXT),
    required("state", OneOf(State)),
    required("entries", BIGINT),
    required("head", TEXT),
    Column("first_broken", BIGINT),
    Column("ended_at", TIMESTAMPTZ),
)

STATISTICS = Table(
    "statistics",
    META,
    Column("month", DATE, primary_key=True),
    Column("name", TEXT, primary_key=True),
    required("cells", JSONB),
    Column("total", INTEGER),
    required("counted_at", TIMESTAMPTZ),
)

EXTRACTS = Table(
    "extracts",
    META,
    Column("id", UUID, primary_key=True),
    Column("direction", OneOf(Direction), primary_key=True),
    required("partner", TEXT),
    required("about", ARRAY(UUID)),
    required("reason", TEXT),
    required("asked_at", TIMESTAMPTZ),
    required("due_at", TIMESTAMPTZ),
    Column("case_id", UUID),
    Column("asked_by", TEXT),
    required("state", OneOf(ExtractState)),
    Column("refusal", TEXT),
    Column("answered_by", TEXT),
    Column("answered_at", TIMESTAMPTZ),
    filled("chosen", ARRAY(BIGINT), "'{}'"),
    filled("withheld", INTEGER, "0"),
    required("version", BIGINT),
)

EXTRACT_PARTS = Table(
    "extract_parts",
    META,
    Column("request_id", UUID, primary_key=True),
    Column("part", INTEGER, primary_key=True, autoincrement=False),
    required("parts", INTEGER),
    required("withheld", INTEGER),
    required("content", JSONB),
    required("at", TIMESTAMPTZ),
)

ENTRIES = Table(
    "entries",
    META,
    Column("entry", BIGINT, primary_key=True, autoincrement=False),
    required("time", TIMESTAMPTZ),
    required("event_id", UUID),
    required("source", TEXT),
    required("type", TEXT),
    required("stream", TEXT),
    required("sequence", BIGINT),
    required("actor", TEXT),
    required("organisation", TEXT),
    required("purpose", TEXT),
    required("policy", TEXT),
    Column("causationid", TEXT),
    required("salt", BYTEA),
    required("commitment", TEXT),
    required("details", JSONB),
    required("previous", TEXT),
    required("hash", TEXT),
    UniqueConstraint("source", "event_id"),
)
