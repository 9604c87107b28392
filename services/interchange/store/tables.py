"""The tables of interchange, as the migrations leave them."""

from sqlalchemy import BIGINT, Column, ForeignKey, Identity, MetaData, Table
from sqlalchemy.dialects.postgresql import ARRAY, DATE, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from contracts.internal import DUPLICATE, OPENED, REFUSED
from services.interchange.domain.export import ExportFormat, Failure, PartKind

META = MetaData(schema="interchange")

IMPORTS = Table(
    "imports",
    META,
    Column("id", UUID, primary_key=True),
    required("organisation", TEXT),
    required("by", TEXT),
    required("purpose", TEXT),
    required("policy", TEXT),
    required("total", INTEGER),
    required("done", INTEGER),
    filled("created", INTEGER, "0"),
    filled("duplicates", INTEGER, "0"),
    required("errors", INTEGER),
    required("at", TIMESTAMPTZ),
    Column("ended_at", TIMESTAMPTZ),
)

CHUNKS = Table(
    "chunks",
    META,
    Column("import_id", UUID, ForeignKey(IMPORTS.c.id), primary_key=True),
    Column("number", INTEGER, primary_key=True),
    required("sealed", TEXT),
)

RESULTS = Table(
    "results",
    META,
    Column("import_id", UUID, ForeignKey(IMPORTS.c.id), primary_key=True),
    Column("line", INTEGER, primary_key=True),
    Column("number", BIGINT, Identity(always=True), primary_key=True),
    required("outcome", OneOf((OPENED, DUPLICATE, REFUSED))),
    Column("column", TEXT),
    Column("reason", TEXT),
    Column("case_id", UUID),
)

EXPORTS = Table(
    "exports",
    META,
    Column("id", UUID, primary_key=True),
    required("organisation", TEXT),
    required("by", TEXT),
    required("roles", ARRAY(TEXT)),
    required("purpose", TEXT),
    required("format", OneOf(ExportFormat)),
    Column("opened_from", DATE),
    Column("opened_to", DATE),
    filled("cases", INTEGER, "0"),
    filled("size", INTEGER, "0"),
    Column("after", UUID),
    Column("lost", JSONB),
    Column("reason", OneOf(Failure)),
    required("at", TIMESTAMPTZ),
    Column("ready_at", TIMESTAMPTZ),
    Column("expires_at", TIMESTAMPTZ),
    Column("ended_at", TIMESTAMPTZ),
)

EXPORT_PARTS = Table(
    "export_parts",
    META,
    Column("export_id", UUID, ForeignKey(EXPORTS.c.id), primary_key=True),
    Column("kind", OneOf(PartKind), primary_key=True),
    Column("number", INTEGER, primary_key=True),
    required("sealed", TEXT),
)
