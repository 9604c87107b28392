"""The tables of the schema `chassis`, which every service has, as the migrations of the chassis leave them."""

from sqlalchemy import Column, FetchedValue, Identity, MetaData, Table
from sqlalchemy.dialects.postgresql import BIGINT, BOOLEAN, BYTEA, INTEGER, JSONB, SMALLINT, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, filled, required

META = MetaData(schema="chassis")

STREAMS = Table(
    "streams",
    META,
    Column("stream", TEXT, primary_key=True),
    required("sequence", BIGINT),
)

OUTBOX = Table(
    "outbox",
    META,
    Column("pos", BIGINT, Identity(always=True), primary_key=True),
    required("topic", TEXT),
    required("stream", TEXT),
    required("sequence", BIGINT),
    required("id", UUID),
    Column("type", TEXT),
    required("time", TIMESTAMPTZ),
    required("actor", TEXT),
    required("organisation", TEXT),
    required("purpose", TEXT),
    required("policy", TEXT),
    Column("causationid", TEXT),
    Column("traceparent", TEXT),
    required("payload", BYTEA),
)

RELAY = Table(
    "relay",
    META,
    Column("one", BOOLEAN, primary_key=True, server_default=FetchedValue()),
    filled("max_pos", BIGINT),
    filled("holes", JSONB),
)

OFFSETS = Table(
    "offsets",
    META,
    Column("topic", TEXT, primary_key=True),
    Column("partition", INTEGER, primary_key=True),
    required("next_offset", BIGINT),
)

MARKS = Table(
    "marks",
    META,
    Column("source", TEXT, primary_key=True),
    Column("stream", TEXT, primary_key=True),
    required("sequence", BIGINT),
    filled("parked", BOOLEAN),
    filled("ahead", BIGINT),
)

PARKED = Table(
    "parked",
    META,
    Column("source", TEXT, primary_key=True),
    Column("stream", TEXT, primary_key=True),
    Column("sequence", BIGINT, primary_key=True),
    required("topic", TEXT),
    required("partition", INTEGER),
    required("offset", BIGINT),
    required("headers", BYTEA),
    required("payload", BYTEA),
    required("reason", TEXT),
    filled("place", TEXT),
    filled("state", TEXT),
    filled("parked_at", TIMESTAMPTZ),
)

STOPS = Table(
    "stops",
    META,
    Column("id", UUID, primary_key=True),
    required("stopped_at", TIMESTAMPTZ),
    required("topic", TEXT),
    required("partition", INTEGER),
    required("offset", BIGINT),
    required("reason", TEXT),
    required("place", TEXT),
    required("streams", INTEGER),
    Column("ended_at", TIMESTAMPTZ),
    filled("allowed", INTEGER),
)

REPLAYS = Table(
    "replays",
    META,
    Column("id", UUID, primary_key=True),
    required("reason", TEXT),
    required("place", TEXT),
    required("over_gap", BOOLEAN),
    required("state", TEXT),
    required("actor", TEXT),
    required("streams", INTEGER),
    required("begun_at", TIMESTAMPTZ),
    Column("ended_at", TIMESTAMPTZ),
    filled("source", TEXT),
    filled("stream", TEXT),
    filled("freed", INTEGER),
    filled("still_parked", INTEGER),
    filled("events", INTEGER),
)

WORK = Table(
    "work",
    META,
    Column("id", UUID, primary_key=True),
    required("kind", TEXT),
    required("key", TEXT),
    required("payload", JSONB),
    required("due_at", TIMESTAMPTZ),
    Column("first_due_at", TIMESTAMPTZ),
    filled("attempts", INTEGER),
    Column("claimed_until", TIMESTAMPTZ),
    Column("traceparent", TEXT),
    filled("lane", TEXT),
    filled("priority", SMALLINT),
    filled("state", TEXT),
    Column("last_error", TEXT),
)

IDEMPOTENCY = Table(
    "idempotency",
    META,
    Column("actor", TEXT, primary_key=True),
    Column("key", TEXT, primary_key=True),
    required("fingerprint", BYTEA),
    Column("status", INTEGER),
    Column("resource_id", UUID),
    Column("version", INTEGER),
    filled("created_at", TIMESTAMPTZ),
)

ATTEMPTS = Table(
    "attempts",
    META,
    Column("actor", TEXT, primary_key=True),
    Column("organisation", TEXT, primary_key=True),
    Column("minute", TIMESTAMPTZ, primary_key=True),
    required("purpose", TEXT),
    required("policy", TEXT),
    required("case_id", UUID),
    required("action", TEXT),
    filled("tries", INTEGER),
)

CASE_ACCESS = Table(
    "case_access",
    META,
    Column("case_id", UUID, primary_key=True),
    required("organisation", TEXT),
    filled("workers", TEXTS),
    filled("handed_over", BOOLEAN),
    Column("person_id", UUID),
)

ORGANISATIONS = Table(
    "organisations",
    META,
    Column("id", TEXT, primary_key=True),
    required("cell", TEXT),
    required("role", TEXT),
    required("status", TEXT),
    Column("type", TEXT),
    required("version", INTEGER),
)

STAFF = Table(
    "staff",
    META,
    Column("organisation", TEXT, primary_key=True),
    Column("worker", TEXT, primary_key=True),
    required("roles", TEXTS),
)

OWN_KEYS = Table(
    "own_keys",
    META,
    Column("name", TEXT, primary_key=True),
    required("sealed", TEXT),
)
