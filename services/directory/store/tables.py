"""The tables of directory, as its migrations leave them."""

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.dialects.postgresql import BIGINT, INTEGER, JSONB, TEXT

from chassis.tables import TEXTS, OneOf, filled, required
from contracts.codes import codes

META = MetaData(schema="directory")

ORGANISATIONS = Table(
    "organisations",
    META,
    Column("id", TEXT, primary_key=True),
    required("cell", TEXT),
    required("role", TEXT),
    required("name", TEXT),
    required("status", OneOf(codes("directory_status"))),
    required("details", JSONB),
    required("version", INTEGER),
    Column("seeded", TEXT),
    filled("told", BIGINT, "0"),
)

SERVICES = Table(
    "services",
    META,
    Column("organisation", TEXT, ForeignKey(ORGANISATIONS.c.id), primary_key=True),
    Column("id", TEXT, primary_key=True),
    required("service", TEXT),
    required("name", TEXT),
    required("status", OneOf(codes("directory_status"))),
    required("capacity", TEXT),
    required("details", JSONB),
)

STAFF = Table(
    "staff",
    META,
    Column("organisation", TEXT, primary_key=True),
    Column("worker", TEXT, primary_key=True),
    required("roles", TEXTS),
)
