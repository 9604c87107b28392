"""The tables of the schema `chassis`, which every service has, as the migrations of the chassis leave them."""

from enum import StrEnum

from sqlalchemy import Column, Identity, Index, MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import BIGINT, BOOLEAN, BYTEA, INTEGER, JSONB, SMALLINT, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, OneOf, filled, required

META = MetaData(schema="chassis")


class ParkedState(StrEnum):
    """Of an event that is kept. Only one that waits becomes another, by `parked.settle`."""

    WAITING = "waiting"
    DONE = "done"
    DISCARDED = "discarded"


class ReplayState(StrEnum):
    """Only one that runs becomes another, by `_end`."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class WorkState(StrEnum):
    """Of a piece of work that is not done; what is done has no row."""

    DUE = "due"
    FAILED = "failed"


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
    Column("one", BOOLEAN, primary_key=True, server_default=text("true")),
    filled("max_pos", BIGINT, "0"),
    filled("holes", JSONB, "'{}'"),
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
    filled("parked", BOOLEAN, "false"),
    filled("ahead", BIGINT, "0"),
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
    filled("place", TEXT, "''"),
    filled("state", OneOf(ParkedState), "'waiting'"),
    filled("parked_at", TIMESTAMPTZ, "now()"),
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
    filled("allowed", INTEGER, "0"),
)

REPLAYS = Table(
    "replays",
    META,
    Column("id", UUID, primary_key=True),
    required("reason", TEXT),
    required("place", TEXT),
    required("over_gap", BOOLEAN),
    required("state", OneOf(ReplayState)),
    required("actor", TEXT),
    required("streams", INTEGER),
    required("begun_at", TIMESTAMPTZ),
    Column("ended_at", TIMESTAMPTZ),
    filled("source", TEXT, "''"),
    filled("stream", TEXT, "''"),
    filled("freed", INTEGER, "0"),
    filled("still_parked", INTEGER, "0"),
    filled("events", INTEGER, "0"),
)
ONE_RUNNING = Index(
    "replays_running",
    REPLAYS.c.reason,
    REPLAYS.c.place,
    unique=True,
    postgresql_where=text(f"state = '{ReplayState.RUNNING}'"),
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
    filled("attempts", INTEGER, "0"),
    Column("claimed_until", TIMESTAMPTZ),
    Column("traceparent", TEXT),
    filled("lane", TEXT, "''"),
    filled("priority", SMALLINT, "0"),
    filled("state", OneOf(WorkState), "'due'"),
    Column("last_error", TEXT),
    UniqueConstraint("kind", "key"),
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
    filled("created_at", TIMESTAMPTZ, "now()"),
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
    filled("tries", INTEGER, "1"),
)

CASE_ACCESS = Table(
    "case_access",
    META,
    Column("case_id", UUID, primary_key=True),
    required("organisation", TEXT),
    filled("workers", TEXTS, "'{}'"),
    filled("handed_over", BOOLEAN, "false"),
    Column("person_id", UUID),
    filled("erased", BOOLEAN, "false"),
    filled("linked", BOOLEAN, "false"),
    filled("closed", BOOLEAN, "false"),
)

CASE_REFERENCES = Table(
    "case_references",
    META,
    Column("reference", TEXT, primary_key=True),
    required("case_id", UUID),
    UniqueConstraint("case_id"),
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
    filled("suspended", BOOLEAN, "false"),
    Column("cases_to", TEXT),
    Column("cases_to_organisation", TEXT),
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

PAPERS = Table(
    "papers",
    META,
    Column("code_sha256", TEXT, primary_key=True),
    required("kind", TEXT),
    required("subject_id", UUID),
    required("version", INTEGER),
    filled("printed_at", TIMESTAMPTZ, "clock_timestamp()"),
)
