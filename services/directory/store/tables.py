"""The tables of directory, as its migrations leave them."""

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.dialects.postgresql import BIGINT, BOOLEAN, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, OneOf, filled, required
from contracts.codes import codes
from services.directory.domain.proposal import Change, ProposalState

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
    filled("suspended", BOOLEAN, "false"),
    Column("cases_to", TEXT),
    Column("cases_to_organisation", TEXT),
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

PROPOSALS = Table(
    "proposals",
    META,
    Column("id", UUID, primary_key=True),
    required("change", OneOf(Change)),
    required("organisation", TEXT),
    Column("name", TEXT),
    Column("role", TEXT),
    Column("type", TEXT),
    Column("status", OneOf(codes("directory_status"))),
    Column("worker", TEXT),
    Column("staff_role", TEXT),
    Column("cases_to", TEXT),
    Column("cases_to_organisation", TEXT),
    required("ticket", TEXT),
    required("state", OneOf(ProposalState)),
    required("proposed_by", TEXT),
    required("proposed_at", TIMESTAMPTZ),
    required("due_at", TIMESTAMPTZ),
    Column("decided_by", TEXT),
    Column("decided_at", TIMESTAMPTZ),
    required("version", INTEGER),
)
