"""The tables of audit, as its migrations leave them."""

from sqlalchemy import Column, MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import BIGINT, BOOLEAN, BYTEA, DATE, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, required
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
